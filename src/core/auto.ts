import { subsetsOf } from './entries.js';
import type { Observation } from './observation.js';
import type { Plan, Subset } from './plan.js';
import { findRoles, isRefusal } from './roles.js';
import { sortVersions } from './version-order.js';
import { compareVersions, versionFilter, versionOf } from './versions.js';

/** What a plan writes for a version that the catalog is to tell. */
export const AUTO = 'auto';

/** A plan whose versions are all known, or why one cannot be told. */
export type Settled = { readonly plan: Plan } | { readonly message: string; readonly hint: string };

/**
 * Fills in `version: auto` from the versions that run (those of passing and other sidecars alike, with repeats): stable keeps what the resolver says
 * (before the first rollout: the oldest), canary gets the newest that is not stable's. With `keep`, as for a ramp in mid-rollout, both keep what the resolver says.
 * Where nothing but stable's version runs there is no canary to tell: an error, or with `reserve` its subset is only kept free for it.
 */
export function settleVersions(
  plan: Plan,
  seen: Observation,
  running: readonly string[],
  keep: boolean,
  reserve = false,
): Settled {
  if (!plan.subsets.some((subset) => subset.version === AUTO)) return { plan };
  const versions = [...new Set(running)].sort(compareVersions);
  const unordered = (which: string, among: readonly string[]): Settled => ({
    message: `${plan.service}: version: auto of ${which} cannot be told: ${among.join(', ')} run, and these versions have no order`,
    hint: `write the version of ${which} into the plan`,
  });
  const known = subsetsOf(seen.resolver?.entry);
  const stable = stableName(plan, seen);
  const kept = (subset: Subset): Subset | undefined => {
    const filter = known.get(subset.name);
    if (filter === undefined || filter === '') return undefined;
    const version = versionOf(filter);
    return { name: subset.name, filter, ...(version === undefined ? {} : { version }) };
  };
  const settled = new Map<string, Subset>();
  for (const subset of plan.subsets) {
    if (subset.version !== AUTO) settled.set(subset.name, subset);
    else if (keep || subset.name === stable) {
      const held = kept(subset);
      const oldest = held === undefined ? sortVersions(versions)?.[0] : undefined;
      if (held === undefined && oldest === undefined && versions.length > 0) return unordered(subset.name, versions);
      const one = held ?? ofVersion(subset.name, oldest);
      if (one !== undefined) settled.set(subset.name, one);
    }
  }
  const stableFilter = settled.get(stable)?.filter;
  for (const subset of plan.subsets) {
    if (settled.has(subset.name)) continue;
    const stableVersion = stableFilter === undefined ? undefined : versionOf(stableFilter);
    if (stableFilter !== undefined && stableVersion === undefined)
      return {
        message: `${plan.service}: version: auto of ${subset.name} cannot be told, since the filter of ${stable} names no version: ${stableFilter}`,
        hint: `write the version of ${subset.name} into the plan`,
      };
    const others = versions.filter((version) => version !== stableVersion);
    const newest = sortVersions(others)?.at(-1);
    if (newest === undefined && others.length > 0) return unordered(subset.name, others);
    const free = reserve && stableFilter !== undefined ? { name: subset.name, filter: anyVersionBut(stableFilter) } : undefined;
    const one = ofVersion(subset.name, newest) ?? (reserve ? kept(subset) : undefined) ?? free;
    if (one === undefined) {
      const list = versions.length === 0 ? 'none runs' : `only ${versions.join(', ')} runs`;
      return {
        message: `${plan.service}: version: auto of ${subset.name} needs a version besides stable's; ${list}`,
        hint: 'deploy the new version with Meta { version = "…" }, then type this again',
      };
    }
    settled.set(subset.name, one);
  }
  const whole = { ...plan, subsets: plan.subsets.map((subset) => settled.get(subset.name) ?? subset) };
  // Of two versions the older one is stable; of one and a free subset nothing else would say so.
  return { plan: isReserving(whole) ? { ...whole, stable } : whole };
}

/** The plan with a stand-in for every version that only a catalog could tell, for what asks no Consul. */
export function standInVersions(plan: Plan): Plan {
  const subsets = plan.subsets.map((subset) =>
    subset.version === AUTO ? { ...subset, filter: versionFilter(`${AUTO} of ${subset.name}`) } : subset,
  );
  return { ...plan, subsets };
}

/** Whether a settled plan keeps a subset free for a version that does not run yet. */
export function isReserving({ subsets }: Plan): boolean {
  return subsets.some(({ filter }) => subsets.some((other) => filter === anyVersionBut(other.filter)));
}

/** A filter for a subset that nothing runs in yet: never an empty one, and never stable's own instances. */
export function anyVersionBut(filter: string): string {
  return `not (${filter})`;
}

function ofVersion(name: string, version: string | undefined): Subset | undefined {
  return version === undefined ? undefined : { name, filter: versionFilter(version), version };
}

/** Who is stable by the mesh; where it does not say, by the plan, else the first subset. */
function stableName(plan: Plan, seen: Observation): string {
  const roles = findRoles({ ...plan, subsets: plan.subsets.map(({ name }) => ({ name, filter: `${AUTO} ${name}` })) }, seen);
  return isRefusal(roles) ? (plan.stable ?? plan.subsets[0]?.name ?? '') : roles.stable;
}
