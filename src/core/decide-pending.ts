import { type Decision, type Situation, wait } from './decision.js';
import { enterStep } from './enter-step.js';
import { type Hold, holdForAddresses, holdForDatacenters, holdForEvidence } from './gate.js';
import { clockSince, holdWhileClosed } from './hold-closed.js';
import { serving } from './observation.js';
import type { Step } from './plan.js';
import { settleHook } from './programs.js';
import { askedCanary } from './rollout.js';
import { describeMatch, routeWrite, wantedMatches } from './route.js';
import { overdue } from './stand.js';
import { skipReached } from './steps.js';

const LOOK_AGAIN = 500;

/** Waits until the compiled chain has both legs and canary has passing sidecars, makes the testers' route, then enters the first step. */
export function decidePending(situation: Situation): Decision {
  const { rollout, plan, now } = situation;
  const closed = goesDown(situation) ? undefined : holdWhileClosed(situation);
  if (closed !== undefined) return closed;
  const cause = findMissing(situation) ?? findDoubt(situation);
  if (cause !== undefined) return standBy(situation, cause);
  const hook = settleHook(situation, 'before_start');
  if (hook !== undefined) return hook;
  const write = routeWrite(plan.service, situation.seen, wantedMatches(plan, rollout));
  if (write !== undefined) return { why: write.why, wakeAt: now, write };
  const unrouted = findUnrouted(situation);
  return unrouted === undefined ? enterStep(situation, rollout.state.step) : standBy(situation, unrouted);
}

/** Whether the step to enter takes weight from canary; that is never held. */
export function goesDown(situation: Situation): boolean {
  const step = nextStep(situation);
  return step?.kind === 'weight' && step.to < askedCanary(situation.rollout);
}

function nextStep({ plan, rollout }: Situation): Step | undefined {
  return plan.steps[skipReached(plan.steps, rollout.state.step, askedCanary(rollout))];
}

function standBy(situation: Situation, cause: Hold): Decision {
  const { plan, now } = situation;
  const late = clockSince(situation) + plan.stepTimeout;
  if (now >= late) return overdue(situation, cause, plan.stepTimeout);
  return wait(cause.message, Math.min(now + LOOK_AGAIN, late));
}

/** A canary that has traffic already goes on only if nothing speaks against it; a lack of data does not, since a person has just asked for more. */
function findDoubt(situation: Situation): Hold | undefined {
  const evidence = holdForEvidence(situation);
  return evidence?.reason === 'NoData' ? undefined : evidence;
}

/** What the mesh lacks for canary to get its first traffic: a target in the compiled chain, or an instance that serves and whose address callers know. */
export function findMissing(situation: Situation): Hold | undefined {
  const { plan, rollout, seen } = situation;
  const legs = seen.chain?.startsWith === 'resolver' ? [] : (seen.chain?.legs ?? []);
  const absent = [rollout.stable, rollout.canary].find((subset) => !legs.some((leg) => leg.subset === subset));
  if (absent !== undefined) return missing(`waiting until Consul's discovery chain has a target for ${absent}`);
  // Its first instance may be for that step to bring up, or to wait for; but a route to nobody would fail every tester, so then the plan has to say so.
  const step = nextStep(situation);
  if (serving(seen.instances[rollout.canary]) > 0) {
    const elsewhere = step?.kind === 'run' || step?.kind === 'wait' ? undefined : holdForDatacenters(situation);
    return elsewhere ?? holdForAddresses(situation);
  }
  if (step?.kind === 'run' && step.deploys === true) return undefined;
  if (plan.route === undefined && (step?.kind === 'run' || step?.kind === 'wait')) return undefined;
  return missing(`waiting for a passing sidecar of ${rollout.canary}: no instance matches its filter and passes its checks`);
}

/** A route counts when Consul has compiled it, not when it was written. */
function findUnrouted({ plan, rollout, seen }: Situation): Hold | undefined {
  const routed = seen.chain?.routed ?? [];
  const absent = wantedMatches(plan, rollout).find(
    ({ subset, header }) =>
      !routed.some(
        (one) =>
          one.subset === subset &&
          one.headers.some((h) => h.Name === header.Name && h.Regex === header.Regex && h.Exact === header.Exact),
      ),
  );
  if (absent === undefined) return undefined;
  return { reason: 'Unclear', message: `waiting until Consul's discovery chain has the route for ${describeMatch(absent)}` };
}

function missing(message: string): Hold {
  return { reason: 'NoInstances', message };
}
