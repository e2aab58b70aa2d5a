import { storedLegs } from '../entries.js';
import { formatLegs, sameShares } from '../legs.js';
import { type Observation, serving } from '../observation.js';
import { needsCleanUp, reverted } from '../revert.js';
import type { Rollout } from '../rollout.js';
import { insteadOfGoingBack, movesOntoNothing, type Nobody, nobodyToGoBackTo } from '../way-back.js';
import { refused, refuseOntoNothing, type VerbContext, type VerbResult, write } from './result.js';

/** Takes all traffic back to stable, whatever the rollout is doing; refused where nobody is known to be there, unless forced. Repeating it, or doing it after a revert, changes nothing more. */
export function abort(rollout: Rollout, context: VerbContext): VerbResult {
  const { service, by, now, seen, force = false } = context;
  const { state } = rollout;
  if (state.phase === 'Promoted' && !atStable(seen, service, rollout.asked)) {
    const nobody = movesOntoNothing(seen, service, rollout.asked);
    const refusal = force ? undefined : refuseOntoNothing(nobody, insteadOfGoingBack(service, false));
    if (refusal !== undefined) return refusal;
    const message = `${by} put back ${formatLegs(rollout.asked)}, which is what was promoted${forced(nobody)}`;
    return write(rollout, { asked: rollout.asked, message, by }, true);
  }
  if (state.phase === 'Promoted')
    return refused(`${rollout.canary} was promoted: it is stable now, and nothing is under way`, `splitter undo ${service}`);
  // A promotion may be moving the default subset this very moment: its clean-up is always looked after.
  const cleanUp = state.phase === 'Promoting' || needsCleanUp(seen, rollout);
  const change = reverted(rollout, 'Aborted', `aborted by ${by}`, now, cleanUp);
  const settled = state.phase === 'Reverted' || state.phase === 'Reverting' || state.phase === 'Superseded';
  if (settled && atStable(seen, service, change.asked))
    return { kind: 'nothing', message: `${service} is on ${rollout.stable} already (${state.phase}: ${state.reason})` };
  const nobody = nobodyToGoBackTo(seen, service, rollout, change.asked);
  const others = serving(seen.instances[rollout.canary]) > 0 && !settled;
  const refusal = force ? undefined : refuseOntoNothing(nobody, insteadOfGoingBack(service, others));
  return refusal ?? write(rollout, { ...change, message: `${change.message}${forced(nobody)}`, by }, true);
}

/** Goes into the record, for whoever asks later why users were sent there. */
function forced(nobody: Nobody | undefined): string {
  return nobody === undefined ? '' : ` by force: ${nobody.message}`;
}

function atStable(seen: Observation, service: string, asked: Rollout['asked']): boolean {
  return seen.splitter !== undefined && sameShares(storedLegs(seen, service), asked);
}
