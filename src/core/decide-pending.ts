import { enterStep, overdue } from './decide-step.js';
import { type Decision, type Situation, wait } from './decision.js';
import { type Hold, holdForEvidence } from './gate.js';
import { serving } from './observation.js';

const LOOK_AGAIN = 500;

/** Waits until the compiled chain has both legs and canary has passing sidecars, then enters the first step. */
export function decidePending(situation: Situation): Decision {
  const { rollout, plan, now } = situation;
  const cause = findMissing(situation) ?? findDoubt(situation);
  if (cause === undefined) return enterStep(situation, rollout.state.step);
  const late = rollout.enteredAt + plan.stepTimeout;
  if (now >= late) return overdue(situation, cause, plan.stepTimeout);
  return wait(cause.message, Math.min(now + LOOK_AGAIN, late));
}

/** A canary that has traffic already goes on only if nothing speaks against it; a lack of data does not, since a person has just asked for more. */
function findDoubt(situation: Situation): Hold | undefined {
  const evidence = holdForEvidence(situation);
  return evidence?.reason === 'NoData' ? undefined : evidence;
}

function findMissing({ rollout, seen }: Situation): Hold | undefined {
  const legs = seen.chain?.startsWith === 'resolver' ? [] : (seen.chain?.legs ?? []);
  const absent = [rollout.stable, rollout.canary].find((subset) => !legs.some((leg) => leg.subset === subset));
  if (absent !== undefined) return missing(`waiting until Consul's discovery chain has a target for ${absent}`);
  if (serving(seen.instances[rollout.canary]) > 0) return undefined;
  return missing(`waiting for a passing sidecar of ${rollout.canary}: no instance matches its filter and passes its checks`);
}

function missing(message: string): Hold {
  return { reason: 'NoInstances', message };
}
