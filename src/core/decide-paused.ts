import { type Decision, type Situation, transition, wait } from './decision.js';
import { formatDuration } from './duration.js';
import { goOn } from './go-on.js';
import { revert } from './revert.js';
import { askedCanary } from './rollout.js';
import { paused } from './stand.js';
import { bindingFindings } from './verdict.js';
import { formatPercent } from './weights.js';

/** How long a held rollout sleeps; every change of the world wakes it earlier. */
const IDLE = 3_600_000;

/** A rollout that stands still: waits for a person, as long as the step says, or, held because a signal could not be measured, until it can; the step then begins anew. */
export function decidePaused(situation: Situation): Decision {
  const { plan, rollout, seen, now } = situation;
  if (rollout.state.reason === 'PauseStep') return awaitPerson(situation);
  const blind = bindingFindings(seen.findings).some(({ verdict }) => verdict === 'Error');
  if (rollout.state.reason !== 'SignalError' || blind) return wait(rollout.message, now + IDLE);
  const state = goOn(situation, plan.steps.length);
  return transition(situation, { state, message: 'every signal can be measured again: the step begins anew', enteredAt: now });
}

function awaitPerson(situation: Situation): Decision {
  const { plan, rollout, now } = situation;
  const step = plan.steps[rollout.state.step];
  const deadline = step?.kind === 'pause' ? step.deadline : undefined;
  if (deadline === undefined) return wait(rollout.message, now + IDLE);
  // A person may resume in a freeze and outside the windows too, so the time counts there as well.
  const due = rollout.enteredAt + deadline;
  if (now < due) return wait(rollout.message, due);
  const message = `after ${formatDuration(deadline)}: nobody resumed it at ${formatPercent(askedCanary(rollout))}`;
  return plan.on.stepTimeout === 'revert' ? revert(situation, 'StepTimeout', message) : paused(situation, 'StepTimeout', message);
}
