import { storedLegs, subsetsOf } from './entries.js';
import type { Instance } from './instances.js';
import { weightOf } from './legs.js';
import type { Instances, Observation } from './observation.js';
import type { Plan } from './plan.js';
import { findRoles, isRefusal, stableNow } from './roles.js';
import type { Rollout } from './rollout.js';
import { compareVersions, versionOf } from './versions.js';

/** One subset of a resolver: what it picks, its role, and what it carries and holds. `null` where there is nothing to say. */
export interface SubsetRow {
  readonly subset: string;
  readonly filter: string;
  readonly version: string | null;
  readonly role: 'stable' | 'canary' | 'leg' | null;
  /** Percent; `null` without a splitter. */
  readonly weight: number | null;
  readonly instances: Instances;
}

/** A version that runs and that no subset picks. `null`: sidecars without a version. */
export interface StrayVersion {
  readonly version: string | null;
  readonly instances: number;
}

/** A sidecar whose own Meta says another version than the process behind it, or none: filters look at the sidecar's only. */
export interface HiddenVersion {
  readonly sidecar: string;
  readonly node: string;
  readonly says: string | null;
  readonly version: string;
}

/** What `splitter subsets` tells of a service. */
export interface SubsetReport {
  readonly service: string;
  readonly subsets: readonly SubsetRow[];
  readonly strays: readonly StrayVersion[];
  readonly hidden: readonly HiddenVersion[];
}

/** What it is made of: entries, all sidecars, the sidecars that each subset's filter picks, and the processes behind them. */
export interface SubsetInput {
  /** The last rollout, and the plan that a next one would follow, where there are any: who is who. */
  readonly rollout: Rollout | undefined;
  readonly plan: Plan | undefined;
  readonly service: string;
  readonly seen: Observation;
  readonly sidecars: readonly Instance[];
  readonly picked: Readonly<Record<string, readonly Instance[]>>;
  readonly processes: readonly Instance[];
}

/** Puts together who is in which subset, and who is in none. */
export function reportSubsets(input: SubsetInput): SubsetReport {
  const { service, seen, sidecars, picked, processes } = input;
  const legs = seen.splitter === undefined ? undefined : storedLegs(seen, service);
  const { stable, canary } = whoIsWho(input);
  const roleOf = (subset: string): SubsetRow['role'] => {
    if (subset === stable) return 'stable';
    if (subset === canary) return 'canary';
    return legs?.some((leg) => leg.subset === subset) === true ? 'leg' : null;
  };
  const rows = [...subsetsOf(seen.resolver?.entry)].map(
    ([subset, filter]): SubsetRow => ({
      subset,
      filter,
      version: versionOf(filter) ?? null,
      role: roleOf(subset),
      weight: legs === undefined ? null : weightOf(legs, subset) / 100,
      instances: countByStatus(picked[subset] ?? []),
    }),
  );
  const known = new Set(Object.values(picked).flatMap((some) => some.map(keyOf)));
  return {
    service,
    subsets: rows,
    strays: findStrays(sidecars.filter((one) => !known.has(keyOf(one)))),
    hidden: findHidden(sidecars, processes),
  };
}

function whoIsWho({ service, rollout, plan, seen }: SubsetInput): {
  readonly stable?: string | undefined;
  readonly canary?: string;
} {
  if (rollout !== undefined) {
    const stable = stableNow(service, seen, rollout);
    return { stable, canary: stable === rollout.stable ? rollout.canary : rollout.stable };
  }
  const roles = plan === undefined ? undefined : findRoles(plan, seen);
  return roles === undefined || isRefusal(roles) ? { stable: stableNow(service, seen, undefined) } : roles;
}

function findStrays(outside: readonly Instance[]): readonly StrayVersion[] {
  const versions = [...new Set(outside.map(({ version }) => version ?? null))];
  return versions
    .sort((a, b) => (a === null ? 1 : b === null ? -1 : compareVersions(a, b)))
    .map((version) => ({ version, instances: outside.filter((one) => (one.version ?? null) === version).length }));
}

function findHidden(sidecars: readonly Instance[], processes: readonly Instance[]): readonly HiddenVersion[] {
  return sidecars.flatMap((sidecar): readonly HiddenVersion[] => {
    const behind = processes.find(({ id, node }) => id === sidecar.standsFor && node === sidecar.node);
    if (behind?.version === undefined || behind.version === sidecar.version) return [];
    return [{ sidecar: sidecar.id, node: sidecar.node, says: sidecar.version ?? null, version: behind.version }];
  });
}

function countByStatus(instances: readonly Instance[]): Instances {
  const count = (status: Instance['status']): number => instances.filter((one) => one.status === status).length;
  return { passing: count('passing'), warning: count('warning'), critical: count('critical') };
}

function keyOf({ node, id }: Instance): string {
  return `${node}/${id}`;
}
