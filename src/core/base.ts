import {
  defaultSubsetOf,
  defaultsEntry,
  type EntryWrite,
  protocolOf,
  resolverEntry,
  splitterEntry,
  storedLegs,
  subsetsOf,
} from './entries.js';
import { splitLegs, weightOf } from './legs.js';
import type { Observation } from './observation.js';
import type { Plan, Protocol, Subset } from './plan.js';
import type { Roles } from './roles.js';
import { sameFilter } from './versions.js';

/** The protocol that the mesh uses for the service now. A service-defaults without one means tcp, even under proxy-defaults with another (measured on 1.22.5). */
export function effectiveProtocol(seen: Observation): string {
  return protocolOf((seen.defaults ?? seen.proxyDefaults)?.entry) ?? 'tcp';
}

/** The writes that bring protocol and subsets in place, in order; none when all is as the plan says. The default subset is left as it is. */
export function baseWrites(plan: Plan, seen: Observation): readonly EntryWrite[] {
  return [...protocolWrite(plan, seen), ...subsetWrite(plan, seen)];
}

/** The write that creates the splitter with stable at 100 % and canary at 0, without a rollout; none when there is a splitter. */
export function splitterBaseWrite(plan: Plan, seen: Observation, roles: Roles): readonly EntryWrite[] {
  if (seen.splitter !== undefined) return [];
  const legs = splitLegs(roles.stable, roles.canary, 0, plan.legs);
  const why = `stable ${roles.stable} has everything, canary ${roles.canary} nothing yet`;
  return [
    { kind: 'service-splitter', name: plan.service, entry: splitterEntry(undefined, plan.service, legs, undefined), cas: 0, why },
  ];
}

/** Subsets that the plan defines otherwise than the resolver while they carry traffic; re-filtering them would move users at once. */
export function weightedConflicts(
  plan: Plan,
  seen: Observation,
): readonly { readonly subset: Subset; readonly filter: string; readonly carries: string }[] {
  const filters = subsetsOf(seen.resolver?.entry);
  return changedSubsets(plan, seen).flatMap((subset) => {
    const filter = filters.get(subset.name);
    const carries = carriedBy(plan.service, seen, subset.name);
    return filter === undefined || carries === undefined ? [] : [{ subset, filter, carries }];
  });
}

/** Whether the plan wants another protocol than the mesh uses now. */
export function needsProtocol(plan: Plan, seen: Observation): plan is Plan & { readonly protocol: Protocol } {
  return plan.protocol !== undefined && effectiveProtocol(seen) !== plan.protocol;
}

function protocolWrite(plan: Plan, seen: Observation): readonly EntryWrite[] {
  if (!needsProtocol(plan, seen)) return [];
  const why = `traffic can be split on ${plan.protocol} only; connections to the service are re-made once`;
  const entry = defaultsEntry(seen.defaults, plan.service, plan.protocol);
  return [{ kind: 'service-defaults', name: plan.service, entry, cas: seen.defaults?.modifyIndex ?? 0, why }];
}

function subsetWrite(plan: Plan, seen: Observation): readonly EntryWrite[] {
  const changed = changedSubsets(plan, seen);
  if (changed.length === 0) return [];
  const why = `subsets ${changed.map((subset) => `${subset.name} (${subset.version ?? subset.filter})`).join(', ')}`;
  const entry = resolverEntry(seen.resolver, plan.service, changed);
  return [{ kind: 'service-resolver', name: plan.service, entry, cas: seen.resolver?.modifyIndex ?? 0, why }];
}

function changedSubsets(plan: Plan, seen: Observation): readonly Subset[] {
  const filters = subsetsOf(seen.resolver?.entry);
  return plan.subsets.filter((subset) => !sameFilter(filters.get(subset.name), subset.filter));
}

function carriedBy(service: string, seen: Observation, subset: string): string | undefined {
  if (seen.splitter !== undefined) {
    const weight = weightOf(storedLegs(seen, service), subset);
    return weight > 0 ? `${weight / 100}% of the traffic` : undefined;
  }
  return defaultSubsetOf(seen.resolver?.entry) === subset ? 'all traffic, as the default subset' : undefined;
}
