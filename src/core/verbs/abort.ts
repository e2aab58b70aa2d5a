import { storedLegs } from '../entries.js';
import { formatLegs, sameShares } from '../legs.js';
import type { Observation } from '../observation.js';
import { needsCleanUp, reverted } from '../revert.js';
import type { Rollout } from '../rollout.js';
import { refused, type VerbContext, type VerbResult, write } from './result.js';

/** Takes all traffic back to stable, whatever the rollout is doing. Repeating it, or doing it after a revert, changes nothing more. */
export function abort(rollout: Rollout, context: VerbContext): VerbResult {
  const { service, by, now, seen } = context;
  const { state } = rollout;
  if (state.phase === 'Promoted' && !atStable(seen, service, rollout.asked)) {
    const message = `${by} put back ${formatLegs(rollout.asked)}, which is what was promoted`;
    return write(rollout, { asked: rollout.asked, message, by }, true);
  }
  if (state.phase === 'Promoted')
    return refused(`${rollout.canary} was promoted: it is stable now, and nothing is under way`, `splitter undo ${service}`);
  // A promotion may be moving the default subset this very moment: its clean-up is always looked after.
  const change = reverted(
    rollout,
    'Aborted',
    `aborted by ${by}`,
    now,
    state.phase === 'Promoting' || needsCleanUp(seen, rollout),
  );
  const settled = state.phase === 'Reverted' || state.phase === 'Reverting' || state.phase === 'Superseded';
  if (settled && atStable(seen, service, change.asked))
    return { kind: 'nothing', message: `${service} is on ${rollout.stable} already (${state.phase}: ${state.reason})` };
  return write(rollout, { ...change, by }, true);
}

function atStable(seen: Observation, service: string, asked: Rollout['asked']): boolean {
  return seen.splitter !== undefined && sameShares(storedLegs(seen, service), asked);
}
