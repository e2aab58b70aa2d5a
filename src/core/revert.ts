import { type Decision, type Situation, transition, wait } from './decision.js';
import { defaultSubsetOf } from './entries.js';
import { splitLegs } from './legs.js';
import type { Observation } from './observation.js';
import { extraLegs, isFinal, type RevertReason, type Rollout, type State } from './rollout.js';
import { ownMatches } from './route.js';
import { describeHeld, nobodyToGoBackTo } from './way-back.js';

/** How soon to look again whether stable is back, ms; a change of its instances wakes earlier. */
const LOOK_FOR_STABLE = 1_000;

/**
 * Takes all traffic back to stable in one write; `Reverting` only when routes or the resolver's default subset have to follow.
 * Where that would leave users with nobody it holds instead, as `StableGone`: every automatic way back goes through here.
 */
export function revert(situation: Situation, reason: RevertReason, message: string): Decision {
  const { plan, rollout, seen, now } = situation;
  const change = reverted(rollout, reason, message, now, needsCleanUp(seen, rollout));
  const nobody = nobodyToGoBackTo(seen, plan.service, rollout, change.asked);
  if (nobody === undefined) return transition(situation, change);
  const held = describeHeld(nobody, rollout, message);
  const { state } = rollout;
  // A promotion that ended, or a splitter that somebody deleted, has no record to hold it in.
  if (isFinal(rollout) || state.reason === 'StableGone' || seen.splitter === undefined) return wait(held, now + LOOK_FOR_STABLE);
  // What is due by the clock stays due, so the time of the step goes on.
  return transition(situation, {
    state: { phase: 'Paused', reason: 'StableGone', step: state.step, stood: state },
    message: held,
  });
}

/** The change of the record that a revert is: stable at 100 %, further legs as they were. */
export function reverted(
  rollout: Rollout,
  reason: RevertReason | 'NewRollout',
  message: string,
  now: number,
  cleanUp: boolean,
): Pick<Rollout, 'asked' | 'state' | 'message' | 'enteredAt'> {
  return {
    asked: splitLegs(rollout.stable, rollout.canary, 0, extraLegs(rollout)),
    state: revertedState(reason, rollout.state.step, cleanUp),
    message,
    enteredAt: now,
  };
}

/** Whether a revert leaves more to do than the splitter: a route of ours, or a default subset that has moved to canary. */
export function needsCleanUp(seen: Observation, rollout: Rollout): boolean {
  return ownMatches(seen.router).length > 0 || followsCanary(seen, rollout);
}

/** Whether the resolver's default subset has moved to canary already, so that a revert has to move it back. */
export function followsCanary(seen: Observation, rollout: Rollout): boolean {
  return defaultSubsetOf(seen.resolver?.entry) === rollout.canary;
}

function revertedState(reason: RevertReason | 'NewRollout', step: number, cleanUp: boolean): State {
  if (cleanUp) return { phase: 'Reverting', reason, step };
  return reason === 'NewRollout' ? { phase: 'Superseded', reason, step } : { phase: 'Reverted', reason, step };
}
