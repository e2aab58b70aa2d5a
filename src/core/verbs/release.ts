import { isFinal, type Rollout } from '../rollout.js';
import { type VerbResult, write } from './result.js';

/** Takes the name of a driver that leaves out of the record, so that controllers go on from there as with a rollout of their own. */
export function release(rollout: Rollout, driver: string): VerbResult {
  if (isFinal(rollout) || rollout.driver !== driver) return { kind: 'nothing', message: `${driver} does not drive it` };
  return write(rollout, { driver: '' }, false);
}
