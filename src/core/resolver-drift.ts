import { type Decision, type Situation, transition, wait } from './decision.js';
import { resolverEntry, storedLegs, subsetsOf } from './entries.js';
import { weightOf } from './legs.js';
import type { Observation } from './observation.js';
import type { Plan, Subset } from './plan.js';
import { fitsMeta } from './record.js';
import type { Rollout } from './rollout.js';
import { paused } from './stand.js';
import { sameFilter } from './versions.js';
import { formatPercent } from './weights.js';

const LOOK_AGAIN = 60_000;

/** A subset of a rollout that the resolver defines otherwise than the rollout goes by; `theirs` is undefined where the subset is gone. */
export interface ResolverDrift {
  readonly subset: Subset;
  readonly theirs: string | undefined;
}

/** The first subset of stable and canary whose filter somebody else changed; a filter that was adopted counts as the rollout's own. */
export function findResolverDrift(plan: Plan, rollout: Rollout, seen: Observation): ResolverDrift | undefined {
  const filters = subsetsOf(seen.resolver?.entry);
  const subset = plan.subsets.find(
    ({ name, filter }) =>
      [rollout.stable, rollout.canary].includes(name) && !sameFilter(filters.get(name), rollout.adopted[name] ?? filter),
  );
  return subset === undefined ? undefined : { subset, theirs: filters.get(subset.name) };
}

/** Whether a rollout can go on with a foreign filter: it must name something, and fit into the record. */
export function isAdoptableFilter(theirs: string | undefined): theirs is string {
  return theirs !== undefined && theirs.trim() !== '' && fitsMeta(theirs);
}

/** The drift as a sentence: what the resolver says and what the rollout goes by. */
export function describeResolverDrift({ subset, theirs }: ResolverDrift, rollout: Rollout, service: string): string {
  const says = theirs === undefined ? `has no subset ${subset.name}` : `says ${subset.name} is ${theirs || 'every instance'}`;
  return `somebody else changed service-resolver/${service}: it ${says}; the rollout goes by ${rollout.adopted[subset.name] ?? subset.filter}`;
}

/** What to do when somebody re-filtered a subset under the rollout. Ours is put back only while the subset carries nothing: anything else would move users. */
export function decideResolverDrift(situation: Situation): Decision | undefined {
  const { plan, rollout, seen, now } = situation;
  const drift = findResolverDrift(plan, rollout, seen);
  if (drift === undefined) return undefined;
  const { subset, theirs } = drift;
  const what = describeResolverDrift(drift, rollout, plan.service);
  const held = rollout.state.phase === 'Paused' && rollout.state.reason === 'Drift';
  if (plan.on.drift === 'adopt' && isAdoptableFilter(theirs) && !held)
    return transition(situation, { adopted: { ...rollout.adopted, [subset.name]: theirs }, message: `${what}; adopted` });
  const carries = weightOf(storedLegs(seen, plan.service), subset.name);
  // Pending is where a person's `resume --reassert` leads.
  const reasserts = plan.on.drift === 'reassert' || rollout.state.phase === 'Pending';
  if (reasserts && carries === 0 && !held) {
    const filter = rollout.adopted[subset.name] ?? subset.filter;
    const entry = resolverEntry(seen.resolver, plan.service, [{ ...subset, filter }]);
    const why = `${what}; ours put back`;
    return {
      why,
      wakeAt: now,
      write: { kind: 'service-resolver', name: plan.service, entry, cas: seen.resolver?.modifyIndex ?? 0, why },
    };
  }
  if (held) return wait(rollout.message, now + LOOK_AGAIN);
  const stuck =
    reasserts && carries > 0
      ? `. It carries ${formatPercent(carries)}, and putting ours back would move those users at once; splitter abort ${plan.service} takes canary back`
      : '';
  return paused(situation, 'Drift', what + stuck);
}
