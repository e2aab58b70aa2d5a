import { formatLegs, type Leg, ownLegs, weightOf } from './legs.js';
import type { Subset } from './plan.js';
import { isFinal, type Rollout } from './rollout.js';
import { orderVersions } from './version-order.js';
import { formatPercent } from './weights.js';

/** All that may say which of a service's subsets users are on. What is absent says nothing. */
export interface StableInput {
  readonly service: string;
  /** The subsets that stable may be one of. */
  readonly slots: readonly Subset[];
  readonly record: Rollout | undefined;
  /** What the splitter says, a leg without a subset being that of the default subset; absent without a splitter. */
  readonly legs: readonly Leg[] | undefined;
  readonly byDefault: string | undefined;
  /** Whom a person calls stable: in the plan, or by --stable. */
  readonly named: { readonly subset: string; readonly by: 'plan' | 'flag' } | undefined;
}

/** Who is stable, by what, and as a sentence. `overrules`: what is said otherwise somewhere and does not count. */
export interface Stable {
  readonly subset: string;
  readonly by: 'record' | 'weights' | 'default' | 'plan' | 'flag' | 'order';
  readonly why: string;
  readonly overrules?: string;
}

/** Why it cannot be told, or who disagrees, and what to type. */
export interface StableRefusal {
  readonly message: string;
  readonly hint: string;
}

/**
 * Which subset users are on, and by what: a rollout under way or its end, then the weights, the default subset, a person's word, the order of two versions.
 * Where two of them disagree on where all users are, or none says anything, it is a refusal; nothing is guessed.
 */
export function findStable(input: StableInput): Stable | StableRefusal {
  const { record, legs, byDefault, slots } = input;
  if (record !== undefined && !isFinal(record)) return checkNamed(input, ofLive(record), true);
  if (record !== undefined && holds(record, legs ?? [])) return checkNamed(input, ofEnd(record), false);
  const carrying = slots.map(({ name }) => name).filter((name) => weightOf(legs ?? [], name) > 0);
  if (carrying.length === 1) return ofWhole(input, carrying[0]!, `service-splitter/${input.service} gives it all the traffic`);
  if (carrying.length > 1) return ofSplit(input, carrying);
  if (byDefault !== undefined) return ofWhole(input, byDefault, 'it is the default subset');
  return ofWord(input);
}

/** Whether findStable refused. */
export function isStableRefusal(found: Stable | StableRefusal): found is StableRefusal {
  return 'message' in found;
}

/** Whether what users were left on at the end of a rollout still carries traffic; weights that somebody has turned round since say more than the record. */
function holds(record: Rollout, legs: readonly Leg[]): boolean {
  return weightOf(legs, endOf(record)) > 0;
}

function endOf({ state, stable, canary }: Rollout): string {
  return state.phase === 'Promoted' ? canary : stable;
}

function ofLive(record: Rollout): Stable {
  return { subset: record.stable, by: 'record', why: `${record.stable} is stable: the rollout under way says so` };
}

function ofEnd(record: Rollout): Stable {
  const subset = endOf(record);
  const what = record.state.phase === 'Promoted' ? 'it was promoted' : 'the last rollout left users on it';
  return { subset, by: 'record', why: `${subset} is stable since ${what}` };
}

/** What the record says counts; a plan that says otherwise is told so, since roles swap with each promotion; a person who says otherwise just now is refused. */
function checkNamed({ service, named }: StableInput, found: Stable, live: boolean): Stable | StableRefusal {
  if (named === undefined || named.subset === found.subset) return found;
  if (named.by === 'plan') return { ...found, overrules: `the plan calls ${named.subset} stable, but ${found.why}` };
  return {
    message: `--stable ${named.subset} cannot be followed: ${found.why}`,
    hint: live
      ? `splitter abort ${service}   ends it first`
      : `splitter undo ${service}   takes users back;   without --stable ${found.subset} stays stable`,
  };
}

/** All users are there already: whoever calls another subset stable would move them all back at the first write. */
function ofWhole(input: StableInput, subset: string, why: string): Stable | StableRefusal {
  const { service, named, byDefault, legs, slots } = input;
  const by = legs !== undefined && weightOf(legs, subset) > 0 ? 'weights' : 'default';
  const found: Stable = { subset, by, why: `${subset} is stable since ${why}` };
  // Whom nobody can ramp from is told by whoever asks for the roles.
  if (!slots.some(({ name }) => name === subset)) return found;
  const said = named ?? (byDefault === undefined ? undefined : { subset: byDefault, by: 'default' as const });
  if (said === undefined || said.subset === subset) return found;
  const version = slots.find(({ name }) => name === said.subset)?.version;
  const who = { plan: 'the plan calls', flag: '--stable calls', default: `service-resolver/${service} calls` }[said.by];
  const as = said.by === 'default' ? 'its default subset' : 'stable';
  const keep =
    said.by === 'plan'
      ? `if ${subset} is what users should be on: stable: ${subset} in the plan`
      : `if ${subset} is what users should be on: --stable ${subset}`;
  const back =
    legs === undefined
      ? `DefaultSubset = "${said.subset}" in service-resolver/${service}`
      : version === undefined
        ? `give ${said.subset} the weight in service-splitter/${service}`
        : `splitter undo ${service} --to ${version}`;
  return {
    message: `all users are on ${subset} already (${why}), and ${who} ${said.subset} ${as}`,
    hint: `${keep};   to take everybody back to ${said.subset}: ${back}`,
  };
}

/** A split that somebody made by hand: a person's word, then the default subset, then the larger share. */
function ofSplit(input: StableInput, carrying: readonly string[]): Stable | StableRefusal {
  const { named, byDefault } = input;
  const legs = input.legs ?? [];
  if (named !== undefined && carrying.includes(named.subset)) return ofNamed(named);
  if (byDefault !== undefined && carrying.includes(byDefault))
    return { subset: byDefault, by: 'default', why: `${byDefault} is stable since it is the default subset` };
  const [first, second] = [...carrying].sort((a, b) => weightOf(legs, b) - weightOf(legs, a));
  const share = weightOf(legs, first!);
  if (share > weightOf(legs, second!))
    return { subset: first!, by: 'weights', why: `${first} is stable since it has ${formatPercent(share)} of the traffic` };
  return ofWord(input, ` (${formatLegs(ownLegs(legs))})`);
}

/** Where the mesh says nothing: a person's word, else the order of the two versions. */
function ofWord({ service, named, slots }: StableInput, seen = ''): Stable | StableRefusal {
  if (named !== undefined) return ofNamed(named);
  const [first, second] = slots;
  const order =
    first?.version === undefined || second?.version === undefined || slots.length !== 2
      ? undefined
      : orderVersions(first.version, second.version);
  if (order !== undefined && first !== undefined && second !== undefined) {
    const older = order < 0 ? first : second;
    return { subset: older.name, by: 'order', why: `${older.version} is stable since it is the older version` };
  }
  const versions = slots.map(({ version, name }) => version ?? name).join(' and ');
  const unordered = slots.every(({ version }) => version !== undefined) ? ', and these versions have no order' : '';
  return {
    message: `nothing says which of ${versions} users are on${seen}${unordered}`,
    hint: `name it: --stable ${first?.name ?? 'SUBSET'}, or "stable: ${first?.name ?? 'SUBSET'}" in the plan of ${service}`,
  };
}

function ofNamed({ subset, by }: NonNullable<StableInput['named']>): Stable {
  return { subset, by, why: `${subset} is stable since ${by === 'plan' ? 'the plan' : '--stable'} says so` };
}
