import { isRecord } from './is-record.js';
import { type Leg, ownLegs, sameShares } from './legs.js';
import { type Instances, type Observation, type Site, type Sites, serving } from './observation.js';
import type { Plan } from './plan.js';

/** A plan in the world, as far as datacenters are concerned. */
export interface Spread {
  readonly plan: Pick<Plan, 'datacenters'>;
  readonly seen: Pick<Observation, 'datacenters' | 'resolver'>;
}

const NONE: Instances = { passing: 0, warning: 0, critical: 0 };

/** The datacenters whose instances count: those that the plan names, or all that share the entries. Empty where there is only one. */
export function countedSites({ plan, seen }: Spread): readonly Site[] {
  return (seen.datacenters?.all ?? []).filter(({ name }) => counts(plan.datacenters, name));
}

/** Whether a plan that names these datacenters counts what is seen in this one. */
export function counts(named: Plan['datacenters'], name: string): boolean {
  return named === undefined || named.includes(name);
}

/** The datacenters that share the entries and that the plan leaves out. */
export function leftOut({ plan, seen }: Spread): readonly string[] {
  return (seen.datacenters?.all ?? []).map(({ name }) => name).filter((name) => !counts(plan.datacenters, name));
}

/** The same as a sentence for records; undefined where it leaves out none. */
export function noteLeftOut(spread: Spread): string | undefined {
  const names = leftOut(spread);
  return names.length === 0 ? undefined : `${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} left out by the plan`;
}

/** The datacenters that count and cannot be read now: what runs there is not known, and is never taken for nothing. */
export function unreadSites(spread: Spread): readonly Site[] {
  return countedSites(spread).filter(({ unread }) => unread !== undefined);
}

/**
 * Where users would be left with nobody if all of them went `to` that subset: `from` has an instance for them there and `to` has none, nor does the
 * resolver's failover lead to one in another datacenter. Only what can be read is told.
 */
export function strandedIn(spread: Spread, to: string, from: string): readonly string[] {
  return countedSites(spread)
    .filter((site) => site.unread === undefined && reaches(spread, site, from) && !reaches(spread, site, to))
    .map(({ name }) => name);
}

/** The instances of each subset in all datacenters that count; of one that cannot be read, those last known. Absent where none is known to serve and one cannot be read: that is not none. */
export function totalOf({ all }: Sites, named: Plan['datacenters']): Readonly<Record<string, Instances>> {
  const total: Record<string, Instances> = {};
  for (const { name, instances } of all)
    if (counts(named, name))
      for (const [subset, own] of Object.entries(instances ?? {})) total[subset] = plus(total[subset] ?? NONE, own);
  const blind = all.some(({ name, unread }) => unread !== undefined && counts(named, name));
  return blind ? Object.fromEntries(Object.entries(total).filter(([, own]) => serving(own) > 0)) : total;
}

/** The datacenters as they are seen now; one that cannot be read keeps what was last known of it. */
export function remembering(before: Sites | undefined, now: Sites): Sites {
  const all = now.all.map((site) => {
    const known = site.unread === undefined ? undefined : before?.all.find(({ name }) => name === site.name)?.instances;
    return known === undefined ? site : { ...site, instances: known };
  });
  return { ...now, all };
}

/** A datacenter that counts and whose own compiled chain does not lead where it was asked for yet. */
export function laggingSite(spread: Spread, asked: readonly Leg[]): Site | undefined {
  return countedSites(spread).find(({ legs }) => legs !== undefined && !sameShares(ownLegs(legs), ownLegs(asked)));
}

function reaches({ seen }: Spread, site: Site, subset: string): boolean {
  const serves = (one: Site | undefined): boolean => serving(one?.instances?.[subset]) > 0;
  if (serves(site)) return true;
  const others = failoverOf(seen.resolver, subset);
  return (seen.datacenters?.all ?? []).some((one) => others.includes(one.name) && serves(one));
}

/** The datacenters in which Consul looks for instances of the same subset when its own has none. */
function failoverOf(resolver: Observation['resolver'], subset: string): readonly string[] {
  const all = isRecord(resolver?.entry.Failover) ? resolver.entry.Failover : {};
  const own = all[subset] ?? all['*'];
  if (!isRecord(own) || !isSame(own, subset)) return [];
  const targets = Array.isArray(own.Targets) ? own.Targets.filter(isRecord).filter((target) => isSame(target, subset)) : [];
  const listed = Array.isArray(own.Datacenters) ? own.Datacenters : [];
  return [...listed, ...targets.map(({ Datacenter }) => Datacenter)].map(String);
}

function isSame({ Service, ServiceSubset }: Readonly<Record<string, unknown>>, subset: string): boolean {
  return !Service && (!ServiceSubset || ServiceSubset === subset);
}

function plus(one: Instances, other: Instances): Instances {
  const kinds = Object.keys({ ...one, ...other }) as (keyof Instances)[];
  return Object.fromEntries(kinds.map((kind) => [kind, (one[kind] ?? 0) + (other[kind] ?? 0)])) as unknown as Instances;
}
