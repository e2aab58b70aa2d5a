import { defaultSubsetOf, legsOf, metaOf, subsetsOf } from './entries.js';
import { formatLegs, type Leg, roomFor, splitLegs, weightOf } from './legs.js';
import type { Observation } from './observation.js';
import type { Plan } from './plan.js';
import { readRecord } from './record.js';
import { isFinal, type Rollout } from './rollout.js';
import { compareVersions, sameFilter } from './versions.js';

/** Who is stable and who is canary, and the legs that a new rollout starts from. */
export interface Roles {
  readonly stable: string;
  readonly canary: string;
  readonly legs: readonly Leg[];
}

/** Why the roles cannot be told, and what to type. */
export interface RolesRefusal {
  readonly message: string;
  readonly hint: string;
}

/**
 * Finds the roles: a rollout's record first, then the weights, the default subset and the plan; the mesh outranks the plan, so that no traffic jumps.
 * After a promotion the version before it is no canary, but with `again`, as in a drill that goes there and back.
 */
export function findRoles(plan: Plan, seen: Observation, again = false): Roles | RolesRefusal {
  const slots = plan.subsets.map((subset) => subset.name).filter((name) => !plan.legs.some((leg) => leg.subset === name));
  const [first, second] = slots;
  if (first === undefined || second === undefined || slots.length > 2)
    return refusal(
      plan,
      `the plan has ${slots.length} subsets besides its further legs; a rollout needs two`,
      `splitter validate`,
    );
  const record = seen.splitter === undefined ? undefined : readRecord(metaOf(seen.splitter.entry));
  const stored = seen.splitter === undefined ? undefined : legsOf(seen.splitter.entry, plan.service);
  if (stored?.some((leg) => leg.service !== undefined)) {
    return refusal(
      plan,
      `service-splitter/${plan.service} sends traffic to other services (${formatLegs(stored)}); splitter ramps between subsets of one service`,
      `consul config read -kind service-splitter -name ${plan.service}`,
    );
  }
  const stable = stableOf(plan, seen, slots, record, stored);
  if (stable === undefined) {
    return refusal(
      plan,
      `nothing says which of ${slots.join(' and ')} users are on`,
      `add "stable: ${first}" to the plan, or name it: --stable ${first}`,
    );
  }
  if (!slots.includes(stable)) {
    return refusal(
      plan,
      `users are on ${stable}, which is not a subset of the plan (${slots.join(', ')})`,
      `name it in the plan: subsets: { ${stable}: … }`,
    );
  }
  const canary = stable === first ? second : first;
  const done = record !== undefined && record.state.phase === 'Promoted' && record.canary === stable;
  const subset = plan.subsets.find((one) => one.name === canary)!;
  // Applying a plan writes its subsets, so the resolver alone does not tell what canary was when it was stable.
  const was = record?.before ?? subsetsOf(seen.resolver?.entry).get(canary);
  if (done && sameFilter(was, subset.filter) && !again) {
    return refusal(
      plan,
      `${stable} is promoted already, and ${canary} is still the version before it (${subset.version ?? subset.filter})`,
      `to go back: splitter undo ${plan.service}; for a new version, change ${canary} in the plan`,
    );
  }
  return { stable, canary, legs: startingLegs(plan, seen, stable, canary, stored) };
}

/** Whether findRoles refused. */
export function isRefusal(roles: Roles | RolesRefusal): roles is RolesRefusal {
  return 'message' in roles;
}

function stableOf(
  plan: Plan,
  seen: Observation,
  slots: readonly string[],
  record: Rollout | undefined,
  stored: readonly Leg[] | undefined,
): string | undefined {
  if (record !== undefined && !isFinal(record)) return record.stable;
  if (record !== undefined) return record.state.phase === 'Promoted' ? record.canary : record.stable;
  const byDefault = defaultSubsetOf(seen.resolver?.entry);
  const carrying = slots.filter((name) => weightOf(stored ?? [], name) > 0);
  if (carrying.length === 1) return carrying[0];
  if (carrying.length > 1) {
    const named = [plan.stable, byDefault].find((name) => name !== undefined && carrying.includes(name));
    return named ?? [...carrying].sort((a, b) => weightOf(stored!, b) - weightOf(stored!, a))[0];
  }
  return byDefault ?? plan.stable ?? olderVersion(plan, slots);
}

function olderVersion(plan: Plan, slots: readonly string[]): string | undefined {
  const versioned = plan.subsets.filter((subset) => slots.includes(subset.name) && subset.version !== undefined);
  return versioned.length === 2 ? [...versioned].sort((a, b) => compareVersions(a.version!, b.version!))[0]!.name : undefined;
}

function startingLegs(
  plan: Plan,
  seen: Observation,
  stable: string,
  canary: string,
  stored: readonly Leg[] | undefined,
): readonly Leg[] {
  const unnamed = weightOf(stored ?? [], '');
  const byDefault = defaultSubsetOf(seen.resolver?.entry);
  // A leg without a subset goes to the default subset, or to every instance when there is none; neither is canary's by right.
  const canaryWeight = weightOf(stored ?? [], canary) + (byDefault === canary ? unnamed : 0);
  return splitLegs(stable, canary, Math.min(canaryWeight, roomFor(plan.legs)), plan.legs);
}

function refusal(plan: Plan, message: string, hint: string): RolesRefusal {
  return { message: `${plan.service}: ${message}`, hint };
}
