import { formatDuration } from '../duration.js';
import { legsOf } from '../entries.js';
import { isUnasked } from '../go-on.js';
import { roomFor, weightOf } from '../legs.js';
import { askedCanary, extraLegs, type Rollout } from '../rollout.js';
import { describeStep, skipReached } from '../steps.js';
import { formatPercent } from '../weights.js';
import type { VerbContext } from './result.js';

/** What comes of a step that a person takes: `green 10% -> 100%`, or at which weight canary stays and what comes then. `next` is the record that would be written. */
export function describeMove(rollout: Rollout, next: Rollout, { service, seen, plan }: VerbContext): string {
  const { canary } = rollout;
  const stands = seen.splitter === undefined ? askedCanary(rollout) : weightOf(legsOf(seen.splitter.entry, service), canary);
  const to = (weight: number): string => `${canary} ${formatPercent(stands)} -> ${formatPercent(weight)}`;
  const stays = (what: string): string => `${canary} stays at ${formatPercent(stands)}: ${what}`;
  if (askedCanary(next) !== askedCanary(rollout)) return to(askedCanary(next));
  if (next.state.phase === 'Promoting' || next.state.phase === 'Baking') return stays('its bake ends');
  if (plan === undefined) return stays('what comes next is in its plan, which is not kept any more');
  const at = next.state.step;
  const index = isUnasked(plan, next) ? at : skipReached(plan.steps, at + 1, stands);
  const step = plan.steps[index];
  if (step?.kind === 'weight') return to(step.to);
  if (step !== undefined) return stays(`${describeStep(step)} comes next`);
  return stays(
    stands === roomFor(extraLegs(next)) ? `the bake of ${formatDuration(plan.bake)} comes next` : 'that was its last step',
  );
}
