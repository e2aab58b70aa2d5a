import { enterStep, overdue } from './decide-step.js';
import { type Decision, type Situation, wait } from './decision.js';
import { serving } from './observation.js';

const LOOK_AGAIN = 500;

/** Waits until the compiled chain has both legs and canary has passing sidecars, then enters the first step. */
export function decidePending(situation: Situation): Decision {
  const { rollout, plan, now } = situation;
  const missing = findMissing(situation);
  if (missing === undefined) return enterStep(situation, rollout.state.step);
  const late = rollout.enteredAt + plan.stepTimeout;
  if (now >= late) return overdue(situation, { reason: 'NoInstances', message: missing }, plan.stepTimeout);
  return wait(missing, Math.min(now + LOOK_AGAIN, late));
}

function findMissing({ rollout, seen }: Situation): string | undefined {
  const legs = seen.chain?.startsWith === 'resolver' ? [] : (seen.chain?.legs ?? []);
  const absent = [rollout.stable, rollout.canary].find((subset) => !legs.some((leg) => leg.subset === subset));
  if (absent !== undefined) return `waiting until Consul's discovery chain has a target for ${absent}`;
  if (serving(seen.instances[rollout.canary]) > 0) return undefined;
  return `waiting for a passing sidecar of ${rollout.canary}: no instance matches its filter and passes its checks`;
}
