import { goesDown } from './decide-pending.js';
import { type Decision, type Situation, transition, wait } from './decision.js';
import { formatDuration } from './duration.js';
import { holdForEvidence } from './gate.js';
import { askedCanary } from './rollout.js';
import { hold } from './stand.js';
import { bindingFindings, isClear } from './verdict.js';

/** Whoever begins to watch a rollout that nobody watched looks at it for so long before it goes on, unless the evidence is clear sooner, ms. */
export const FIRST_LOOK = 10_000;

/**
 * What comes first when a rollout is watched again after nobody did (`firstLook`): time that nobody watched passes no step, so the present step or
 * bake begins anew, and canary gets no more before it was looked at. Undefined when there is nothing to look at, or when that is over.
 */
export function decideFirstLook(situation: Situation): Decision | undefined {
  const { plan, rollout, seen, firstLook, now } = situation;
  if (firstLook === undefined) return undefined;
  const { since, anew } = firstLook;
  const { phase, reason } = rollout.state;
  if (phase !== 'Pending' && phase !== 'Progressing' && phase !== 'Baking') return undefined;
  const runs = reason === 'Stepping' || reason === 'Watching';
  if (anew && runs && rollout.enteredAt < since) {
    const what = phase === 'Baking' ? 'the bake' : 'this step';
    return transition(situation, {
      state: rollout.state,
      message: `nobody watched it until now: ${what} begins anew`,
      enteredAt: now,
    });
  }
  const binds = plan.signals.some(({ dryRun }) => dryRun !== true);
  if (askedCanary(rollout) === 0 || !binds || (phase === 'Pending' && goesDown(situation))) return undefined;
  const until = since + FIRST_LOOK;
  if (now < until) {
    // Only then are the samples those of this watch.
    if (anew && bindingFindings(seen.findings).length > 0 && isClear(seen.findings)) return undefined;
    return wait(
      `nobody watched it until now: looking at ${rollout.canary} for ${formatDuration(FIRST_LOOK)} before it goes on`,
      until,
    );
  }
  if (reason !== 'Resumed' || rollout.enteredAt > since) return undefined;
  // A person has said that it may go on, without having seen what it does: where nothing is seen at all that word counts, where harm may be it has to wait.
  // Its clock is that of the look: what is older was not watched.
  const looked = { ...situation, rollout: { ...rollout, enteredAt: Math.max(rollout.enteredAt, since) } };
  const doubt = holdForEvidence(looked, FIRST_LOOK);
  return doubt === undefined || doubt.reason === 'NoData' ? undefined : hold(looked, doubt, FIRST_LOOK);
}
