import { subsetsOf } from '../entries.js';
import { serving } from '../observation.js';
import { needsCleanUp, reverted } from '../revert.js';
import { isFinal, type Rollout } from '../rollout.js';
import { versionOf } from '../versions.js';
import { refused, type VerbContext, type VerbResult, write } from './result.js';

/** Takes a finished promotion back in one write, while the old subset still runs and the undo window is open. */
export function undo(rollout: Rollout, context: VerbContext, window: number): VerbResult {
  const { service, by, now, seen } = context;
  const { state } = rollout;
  if (state.reason === 'Undone')
    return { kind: 'nothing', message: `${service} is undone already: ${rollout.stable} has everything` };
  if (state.phase !== 'Promoted') {
    const hint = isFinal(rollout) ? `splitter status ${service}` : `splitter abort ${service}`;
    return refused(`${service} has no promotion to undo: it is ${state.phase}`, hint);
  }
  const is = subsetsOf(seen.resolver?.entry).get(rollout.stable);
  if (rollout.before !== undefined && is !== rollout.before)
    return refused(
      `${rollout.stable} is not what it was before the promotion any more: it was ${rollout.before}, and is ${is ?? 'no subset'} since a plan was applied`,
      versionOf(rollout.before) === undefined
        ? `splitter subsets ${service}`
        : `splitter undo ${service} --to ${versionOf(rollout.before)}`,
    );
  if (serving(seen.instances[rollout.stable]) === 0)
    return refused(
      `${rollout.stable} has no passing sidecar any more: all traffic would fail`,
      `splitter ramp ${service} --to 10`,
    );
  if (now > rollout.enteredAt + window)
    return refused(
      `the undo window of ${service} is closed since ${new Date(rollout.enteredAt + window).toISOString()}`,
      `splitter ramp ${service} --to 10`,
    );
  return write(
    rollout,
    { ...reverted(rollout, 'Undone', `undone by ${by}: back on ${rollout.stable}`, now, needsCleanUp(seen, rollout)), by },
    true,
  );
}
