import { type Decision, type Situation, transition, wait } from './decision.js';
import { runningAt } from './rollout.js';
import { bindingFindings } from './verdict.js';

/** How long a held rollout sleeps; every change of the world wakes it earlier. */
const IDLE = 3_600_000;

/** A rollout that stands still: waits for a person, or, held because a signal could not be measured, until it can; the step then begins anew. */
export function decidePaused(situation: Situation): Decision {
  const { plan, rollout, seen, now } = situation;
  const blind = bindingFindings(seen.findings).some(({ verdict }) => verdict === 'Error');
  if (rollout.state.reason !== 'SignalError' || blind) return wait(rollout.message, now + IDLE);
  const state = runningAt(rollout.state.step, plan.steps.length, false);
  return transition(situation, { state, message: 'every signal can be measured again: the step begins anew', enteredAt: now });
}
