import { type Decision, type Situation, wait } from './decision.js';
import { subsetsOf } from './entries.js';
import { revert } from './revert.js';

const LOOK_AGAIN = 1_000;

/** Takes a site back because a rollout in waves was taken back at another one; a promotion only while the old version still serves. */
export function decideUndo(situation: Situation): Decision | undefined {
  const { rollout, seen, now } = situation;
  if (seen.undo === undefined) return undefined;
  const is = subsetsOf(seen.resolver?.entry).get(rollout.stable);
  if (rollout.before !== undefined && is !== rollout.before)
    return wait(
      `${seen.undo}; but ${rollout.stable} is another version since a plan was applied, so all traffic stays`,
      now + LOOK_AGAIN,
    );
  return revert(situation, 'WaveReverted', seen.undo);
}
