import { type Decision, type Situation, splitterWrite, transition, wait } from './decision.js';
import { legsOf, metaOf, subsetsOf } from './entries.js';
import { formatLegs, type Leg, sameShares } from './legs.js';
import { readRecord } from './record.js';
import { nextRollout, type Rollout } from './rollout.js';

const LOOK_AGAIN = 60_000;

/** What to do when somebody else changed the splitter or the resolver under the rollout; undefined when nobody did. */
export function decideDrift(situation: Situation): Decision | undefined {
  const { plan, rollout, seen, now } = situation;
  const held = rollout.state.phase === 'Paused' && rollout.state.reason === 'Drift';
  if (seen.splitter === undefined)
    return wait(
      `somebody deleted service-splitter/${plan.service}; splitter abort ${plan.service} writes it again with stable at 100%`,
      now + LOOK_AGAIN,
    );
  const stored = legsOf(seen.splitter.entry, plan.service);
  const marked = readRecord(metaOf(seen.splitter.entry))?.id === rollout.id;
  if (marked && sameShares(stored, rollout.asked)) return resolverDrift(situation);
  // The record alone was dropped: users feel nothing of it, so it is written again and the rollout goes on.
  if (sameShares(stored, rollout.asked)) return transition(situation, { message: rollout.message });
  if (marked && held) return wait(rollout.message, now + LOOK_AGAIN);
  const what = describeDrift(rollout, stored, plan.service);
  if (held || plan.on.drift === 'hold') {
    const state = { phase: 'Paused', reason: 'Drift', step: rollout.state.step } as const;
    return transition(situation, { state, message: what, enteredAt: now });
  }
  if (plan.on.drift === 'adopt' && adoptable(rollout, stored)) {
    const next = nextRollout(rollout, { asked: stored, message: `${what}; adopted`, tally: situation.tally });
    return { why: next.message, wakeAt: now, next, write: splitterWrite(seen.splitter, plan.service, next, false) };
  }
  return transition(situation, { asked: rollout.asked, message: `${what}; ours put back` });
}

/** The sentence that names both: what splitter asked for and what somebody else wrote. */
export function describeDrift(rollout: Rollout, stored: readonly Leg[], service: string): string {
  return `somebody else wrote service-splitter/${service}: it says ${formatLegs(stored)}; splitter asked for ${formatLegs(rollout.asked)}`;
}

/** Whether these foreign legs name only subsets of the rollout, so that it can go on from them. */
export function adoptable(rollout: Rollout, stored: readonly Leg[]): boolean {
  return stored.every((leg) => leg.service === undefined && rollout.asked.some((own) => own.subset === leg.subset));
}

function resolverDrift(situation: Situation): Decision | undefined {
  const { plan, rollout, seen, now } = situation;
  const filters = subsetsOf(seen.resolver?.entry);
  const changed = plan.subsets.find(
    (subset) => [rollout.stable, rollout.canary].includes(subset.name) && filters.get(subset.name) !== subset.filter,
  );
  if (changed === undefined) return undefined;
  const theirs = filters.get(changed.name);
  const says = theirs === undefined ? `has no subset ${changed.name}` : `says ${changed.name} is ${theirs || 'every instance'}`;
  return wait(
    `somebody else changed service-resolver/${plan.service}: it ${says}; the plan says ${changed.filter}. Waiting until they agree`,
    now + LOOK_AGAIN,
  );
}
