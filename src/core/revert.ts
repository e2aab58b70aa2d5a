import { type Decision, type Situation, transition } from './decision.js';
import { defaultSubsetOf } from './entries.js';
import { splitLegs } from './legs.js';
import type { Observation } from './observation.js';
import { extraLegs, type RevertReason, type Rollout, type State } from './rollout.js';
import { ownMatches } from './route.js';

/** Takes all traffic back to stable in one write; `Reverting` only when routes or the resolver's default subset have to follow. */
export function revert(situation: Situation, reason: RevertReason, message: string): Decision {
  return transition(
    situation,
    reverted(situation.rollout, reason, message, situation.now, needsCleanUp(situation.seen, situation.rollout)),
  );
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
