import { type Decision, type Situation, transition } from './decision.js';
import { defaultSubsetOf } from './entries.js';
import { splitLegs } from './legs.js';
import type { Observation } from './observation.js';
import { extraLegs, type RevertReason, type Rollout } from './rollout.js';

/** Takes all traffic back to stable in one write; `Reverting` only when the resolver's default subset has to follow. */
export function revert(situation: Situation, reason: RevertReason, message: string): Decision {
  return transition(
    situation,
    reverted(situation.rollout, reason, message, situation.now, followsCanary(situation.seen, situation.rollout)),
  );
}

/** The change of the record that a revert is: stable at 100 %, further legs as they were. */
export function reverted(
  rollout: Rollout,
  reason: RevertReason,
  message: string,
  now: number,
  cleanUp: boolean,
): Pick<Rollout, 'asked' | 'state' | 'message' | 'enteredAt'> {
  return {
    asked: splitLegs(rollout.stable, rollout.canary, 0, extraLegs(rollout)),
    state: { phase: cleanUp ? 'Reverting' : 'Reverted', reason, step: rollout.state.step },
    message,
    enteredAt: now,
  };
}

/** Whether the resolver's default subset has moved to canary already, so that a revert has to move it back. */
export function followsCanary(seen: Observation, rollout: Rollout): boolean {
  return defaultSubsetOf(seen.resolver?.entry) === rollout.canary;
}
