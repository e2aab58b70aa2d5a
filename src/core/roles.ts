import { defaultSubsetOf, findTwinLegs, metaOf, storedLegs, subsetsOf } from './entries.js';
import { formatLegs, type Leg, nameLeg, roomFor, splitLegs, weightOf } from './legs.js';
import type { Observation } from './observation.js';
import type { Plan, Subset } from './plan.js';
import { readRecord } from './record.js';
import { isFinal, type Rollout } from './rollout.js';
import { findStable, isStableRefusal, type Stable, type StableInput } from './stable.js';
import { sameFilter } from './versions.js';
import { formatPercent } from './weights.js';

/** Who is stable and who is canary, by what (absent where nobody asked), and the legs that a new rollout starts from. */
export interface Roles {
  readonly stable: string;
  readonly canary: string;
  readonly legs: readonly Leg[];
  readonly told?: Stable;
}

/** Why the roles cannot be told, and what to type. */
export interface RolesRefusal {
  readonly message: string;
  readonly hint: string;
}

/** How the roles are asked for. */
export interface RolesOptions {
  /** After a promotion the version before it may be canary, as in a drill that goes there and back. */
  readonly again?: boolean;
  /** Whom a person calls stable just now (--stable), which outranks the plan. */
  readonly stable?: string | undefined;
}

/** The one answer to who is stable and who is canary, for whatever begins, shows or previews a rollout; see findStable for what it goes by. Everything that moves no users by itself is kept in the legs. */
export function findRoles(
  plan: Plan,
  seen: Observation,
  { again = false, stable: flag }: RolesOptions = {},
): Roles | RolesRefusal {
  const slots = plan.subsets.filter(({ name }) => !plan.legs.some((leg) => leg.subset === name));
  const [first, second] = slots;
  if (first === undefined || second === undefined || slots.length > 2)
    return refusal(
      plan,
      `the plan has ${slots.length} subsets besides its further legs; a rollout needs two`,
      `splitter validate`,
    );
  const record = readRecord(metaOf(seen.splitter?.entry));
  const live = record !== undefined && !isFinal(record);
  const unmovable = live ? undefined : findUnmovable(plan, seen);
  if (unmovable !== undefined) return unmovable;
  const told = findStable(inputOf(plan, seen, { slots, record, flag }));
  if (isStableRefusal(told)) return refusal(plan, told.message, told.hint);
  const stable = slots.find(({ name }) => name === told.subset);
  if (stable === undefined)
    return refusal(
      plan,
      `users are on ${told.subset}, which is not a subset of the plan (${slots.map(({ name }) => name).join(', ')})`,
      `name it in the plan: subsets: { ${told.subset}: … }`,
    );
  const canary = stable === first ? second : first;
  const twins = findTwinSubsets(plan, stable, canary) ?? findPromoted(plan, seen, { record, stable, canary, again });
  if (twins !== undefined) return twins;
  return { stable: stable.name, canary: canary.name, legs: startingLegs(plan, seen, stable.name, canary.name), told };
}

/** Whether findRoles refused. */
export function isRefusal(roles: Roles | RolesRefusal): roles is RolesRefusal {
  return 'message' in roles;
}

/** The subset that users of a service are on by what the mesh says, whatever plan there is; undefined where nothing says so. */
export function stableNow(service: string, seen: Observation, record: Rollout | undefined): string | undefined {
  const slots = [...subsetsOf(seen.resolver?.entry)].map(([name, filter]) => ({ name, filter }));
  const bare = { service, slots, named: undefined, record, byDefault: defaultSubsetOf(seen.resolver?.entry) };
  const found = findStable({ ...bare, legs: seen.splitter === undefined ? undefined : storedLegs(seen, service) });
  return isStableRefusal(found) ? undefined : found.subset;
}

function inputOf(
  plan: Plan,
  seen: Observation,
  { slots, record, flag }: Pick<StableInput, 'slots' | 'record'> & { readonly flag: string | undefined },
): StableInput {
  const named =
    flag !== undefined
      ? ({ subset: flag, by: 'flag' } as const)
      : plan.stable === undefined
        ? undefined
        : ({ subset: plan.stable, by: 'plan' } as const);
  const byDefault = defaultSubsetOf(seen.resolver?.entry);
  const legs = seen.splitter === undefined ? undefined : storedLegs(seen, plan.service);
  return { service: plan.service, slots, record, legs, byDefault, named };
}

/** Shares that a rollout between two subsets would move though nobody said so: refused, with what to write. */
function findUnmovable(plan: Plan, seen: Observation): RolesRefusal | undefined {
  const { service } = plan;
  const legs = storedLegs(seen, service);
  const read = `consul config read -kind service-splitter -name ${service}`;
  const everyone = legs.find((leg) => leg.service === undefined && leg.subset === '' && leg.weight > 0);
  if (everyone !== undefined)
    return refusal(
      plan,
      `a leg of service-splitter/${service} names no subset, and service-resolver/${service} has no DefaultSubset: its ${formatPercent(everyone.weight)} reach every instance, which no ramp can move`,
      `write ServiceSubset into that leg, or DefaultSubset into service-resolver/${service}`,
    );
  const twins = findTwinLegs(seen, service);
  if (twins !== undefined)
    return refusal(
      plan,
      `two legs of service-splitter/${service} lead to ${nameLeg(twins)} and differ in more than their weights (headers), and one of them would be lost`,
      `make them one leg: ${read}`,
    );
  const stray = legs.find(
    ({ subset, service: other, weight }) =>
      other === undefined && weight > 0 && !plan.subsets.some(({ name }) => name === subset),
  );
  if (stray === undefined) return undefined;
  const weight = formatPercent(stray.weight);
  return refusal(
    plan,
    `users are on ${stray.subset}, which is not a subset of the plan (${plan.subsets.map(({ name }) => name).join(', ')}): service-splitter/${service} says ${formatLegs(legs)}`,
    `name it in the plan: legs: { ${stray.subset}: { version: …, weight: ${weight.replace('%', '')} } }, or subsets: { ${stray.subset}: … } where it is stable or canary`,
  );
}

/** A version that would be promoted onto itself. */
function findTwinSubsets(plan: Plan, stable: Subset, canary: Subset): RolesRefusal | undefined {
  if (!sameFilter(stable.filter, canary.filter)) return undefined;
  return refusal(
    plan,
    `${stable.name} and ${canary.name} pick the same instances (${stable.version ?? stable.filter}): there is nothing to try`,
    `give ${canary.name} the new version`,
  );
}

/** After a promotion the version before it is no canary. */
function findPromoted(
  plan: Plan,
  seen: Observation,
  { record, stable, canary, again }: { record: Rollout | undefined; stable: Subset; canary: Subset; again: boolean },
): RolesRefusal | undefined {
  if (record?.state.phase !== 'Promoted' || record.canary !== stable.name || again) return undefined;
  // Applying a plan writes its subsets, so the resolver alone does not tell what canary was when it was stable.
  const was = record.before ?? subsetsOf(seen.resolver?.entry).get(canary.name);
  if (!sameFilter(was, canary.filter)) return undefined;
  return refusal(
    plan,
    `${stable.name} is promoted already, and ${canary.name} is still the version before it (${canary.version ?? canary.filter})`,
    `to go back: splitter undo ${plan.service}; for a new version, change ${canary.name} in the plan`,
  );
}

/** Further legs of the plan, and those of the splitter that a plan cannot name: legs to other services, and empty ones with fields of their own. */
function startingLegs(plan: Plan, seen: Observation, stable: string, canary: string): readonly Leg[] {
  const stored = storedLegs(seen, plan.service);
  const planned = [stable, canary, ...plan.legs.map(({ subset }) => subset)];
  const kept = stored.filter(({ subset, service }) => service !== undefined || !planned.includes(subset));
  const extra = [...plan.legs, ...kept];
  return splitLegs(stable, canary, Math.min(weightOf(stored, canary), roomFor(extra)), extra);
}

function refusal(plan: Plan, message: string, hint: string): RolesRefusal {
  return { message: `${plan.service}: ${message}`, hint };
}
