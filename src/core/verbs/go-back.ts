import { type Beginning, beginRollout } from '../begin.js';
import { defaultSubsetOf, type EntryWrite, foreignOwner, resolverEntry, storedLegs, subsetsOf } from '../entries.js';
import { ownLegs, splitLegs, weightOf } from '../legs.js';
import type { Observation } from '../observation.js';
import type { HookName, Subset } from '../plan.js';
import { needsCleanUp, reverted } from '../revert.js';
import { extraLegs, isFinal, nextRollout, type Rollout } from '../rollout.js';
import { sameFilter } from '../versions.js';
import { type Refusal, refused } from './result.js';

/** Where an earlier version of a service is to take its users back: the subset that gets it, the one that users are on now, and what the resolver has to learn first. */
export interface WayBack {
  readonly kind: 'way';
  readonly to: Subset;
  readonly from: string;
  /** Absent where the subset has this version already. */
  readonly write?: EntryWrite;
}

/** Users are on that version already. */
export interface There {
  readonly kind: 'there';
  readonly subset: string;
}

/** Finds the way back to the instances that this filter picks: into the subset that has them, else into the one that carries nothing. Never between two rollouts that move. */
export function findWayBack(
  service: string,
  seen: Observation,
  rollout: Rollout | undefined,
  wanted: Omit<Subset, 'name'>,
): WayBack | There | Refusal {
  const { splitter, resolver } = seen;
  if (splitter === undefined || resolver === undefined)
    return refused(`${service} has no split, so nothing to take back`, `splitter ramp ${service} --to 10`);
  for (const stored of [splitter, resolver]) {
    const owner = foreignOwner(stored);
    if (owner !== undefined)
      return refused(
        `${String(stored.entry.Kind)}/${service} belongs to ${owner} (external-source), which would write over it`,
        `splitter doctor ${service}   tells how to take it over`,
      );
  }
  if (rollout !== undefined && !isFinal(rollout))
    return refused(`a rollout of ${service} is under way (${rollout.state.phase})`, `splitter abort ${service}   ends it first`);
  const legs = storedLegs(seen, service);
  const own = ownLegs(legs).map(({ subset }) => subset);
  const roles = rollout === undefined ? own : [rollout.stable, rollout.canary];
  const carrying = roles.filter((name) => weightOf(legs, name) > 0);
  const [from] = carrying;
  if (from === undefined || carrying.length > 1)
    return refused(
      `users of ${service} are on ${carrying.join(' and ') || 'no subset'}, so there is no one version to go back from`,
      `splitter abort ${service}   or   splitter ramp ${service} --to 0`,
    );
  const known = subsetsOf(resolver.entry);
  if (sameFilter(known.get(from), wanted.filter)) return { kind: 'there', subset: from };
  const ready = roles.find((name) => name !== from && sameFilter(known.get(name), wanted.filter));
  const idle = ready ?? roles.find((name) => name !== from);
  // A default subset that has the version already may get its users back; giving it another one could reach those who ask for it by name.
  if (idle === undefined || idle === '' || (ready === undefined && defaultSubsetOf(resolver.entry) === idle))
    return refused(
      `no subset of ${service} is free for it: ${idle === undefined || idle === '' ? 'there is only one' : `${idle} is the default subset`}`,
      `splitter subsets ${service}`,
    );
  const filter = known.get(idle);
  if (filter !== undefined && sameFilter(filter, wanted.filter))
    return { kind: 'way', to: { ...wanted, name: idle, filter }, from };
  const to = { ...wanted, name: idle };
  const entry = resolverEntry(resolver, service, [to]);
  const why = `${idle} becomes ${wanted.version ?? wanted.filter}, which is where users go back to; it carries nothing`;
  return { kind: 'way', to, from, write: { kind: 'service-resolver', name: service, entry, cas: resolver.modifyIndex, why } };
}

/** The record that takes everything back in one write: a rollout from the earlier version to the present one that is undone at once. */
export function goBack(
  { to, from }: Pick<WayBack, 'to' | 'from'>,
  seen: Observation,
  last: Rollout | undefined,
  beginning: Beginning,
  owes: readonly HookName[],
  now: number,
): Rollout {
  const legs = splitLegs(to.name, from, 0, last === undefined ? [] : extraLegs(last));
  const begun = beginRollout({ stable: to.name, canary: from, legs }, beginning, owes, now);
  const message = `undone by ${beginning.by}: back on ${to.version ?? to.filter} (${to.name}) from ${from}`;
  return nextRollout(begun, { ...reverted(begun, 'Undone', message, now, needsCleanUp(seen, begun)) });
}
