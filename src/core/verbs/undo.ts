import { subsetsOf } from '../entries.js';
import { needsCleanUp, reverted } from '../revert.js';
import { isFinal, type Rollout } from '../rollout.js';
import { versionOf } from '../versions.js';
import { nobodyToGoBackTo } from '../way-back.js';
import { refused, refuseOntoNothing, type VerbContext, type VerbResult, write } from './result.js';

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
  const change = reverted(rollout, 'Undone', `undone by ${by}: back on ${rollout.stable}`, now, needsCleanUp(seen, rollout));
  const nobody = nobodyToGoBackTo(seen, service, rollout, change.asked);
  const refusal = refuseOntoNothing(
    nobody,
    `splitter subsets ${service}   shows which versions run;   deploy the old one again first`,
  );
  if (refusal !== undefined) return refusal;
  if (now > rollout.enteredAt + window)
    return refused(
      `the undo window of ${service} is closed since ${new Date(rollout.enteredAt + window).toISOString()}`,
      `splitter ramp ${service} --to 10`,
    );
  return write(rollout, { ...change, by }, true);
}
