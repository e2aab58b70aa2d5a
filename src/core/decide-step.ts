import { type Decision, type Situation, transition, wait } from './decision.js';
import { formatDuration } from './duration.js';
import { type Hold, holdForCapacity, holdForEvidence, holdForFailure } from './gate.js';
import { formatLegs, roomFor, sameShares, splitLegs } from './legs.js';
import type { Step } from './plan.js';
import { revert } from './revert.js';
import { askedCanary, extraLegs, type PauseReason, type State } from './rollout.js';
import { bindingFindings } from './verdict.js';
import { type BasisPoints, formatPercent } from './weights.js';

const LOOK_AGAIN = 250;

/** A rollout in the middle of its steps: stays, or leaves the present step for the next. */
export function decideProgressing(situation: Situation, state: Extract<State, { phase: 'Progressing' }>): Decision {
  const { plan, rollout, now } = situation;
  const step = plan.steps[state.step];
  if (step === undefined || state.reason === 'Resumed') return enterStep(situation, state.step + 1);
  const elapsed = now - rollout.enteredAt;
  switch (step.kind) {
    case 'weight':
      return decideWeight(situation, state.step);
    case 'pause':
      if (step.for === undefined) return pausedAtStep(situation, state.step);
      if (elapsed < step.for) return wait(`pause of ${formatDuration(step.for)}`, rollout.enteredAt + step.for);
      return leaveStep(situation, state.step, step.for);
    case 'analyse': {
      if (elapsed < step.for) return wait(`analysing for ${formatDuration(step.for)}`, rollout.enteredAt + step.for);
      const thin = tooFewRequests(situation, step.minRequests);
      if (thin === undefined) return leaveStep(situation, state.step, step.for);
      return hold(situation, thin, step.for);
    }
    case 'wait': {
      const passing = situation.seen.instances[rollout.canary]?.passing ?? 0;
      if (passing >= step.healthy) return leaveStep(situation, state.step, 0);
      const message = `waiting for ${step.healthy} passing instances of ${rollout.canary}: ${passing} so far`;
      if (elapsed >= step.deadline) return overdue(situation, { reason: 'NoInstances', message }, step.deadline);
      return wait(message, Math.min(now + LOOK_AGAIN, rollout.enteredAt + step.deadline));
    }
  }
}

/** A rollout at full weight: watches for the bake, then promotes. */
export function decideBaking(situation: Situation, state: Extract<State, { phase: 'Baking' }>): Decision {
  const { plan, rollout, now } = situation;
  const promote = (): Decision =>
    transition(situation, {
      state: { phase: 'Promoting', reason: 'BakePassed', step: state.step },
      message: `${rollout.canary} passed its bake of ${formatDuration(plan.bake)}; making it the default subset`,
      enteredAt: now,
    });
  if (state.reason === 'Resumed') return promote();
  const unsettled = notInForce(situation);
  if (unsettled !== undefined) return hold(situation, unsettled, plan.bake);
  if (now < rollout.enteredAt + plan.bake) return wait(`baking: a bad signal still reverts`, rollout.enteredAt + plan.bake);
  const evidence = holdForEvidence(situation);
  return evidence === undefined ? promote() : hold(situation, evidence, plan.bake);
}

/** Enters the step of this index (or what follows the last one); raising the weight needs instances and, once canary has traffic, evidence. */
export function enterStep(situation: Situation, index: number): Decision {
  const { plan, rollout, now } = situation;
  const current = askedCanary(rollout);
  const at = skipReached(plan.steps, index, current);
  const step = plan.steps[at];
  if (step === undefined) return finishSteps(situation);
  if (step.kind === 'pause' && step.for === undefined) return pausedAtStep(situation, at);
  const state = { phase: 'Progressing', reason: 'Stepping', step: at } as const;
  if (step.kind !== 'weight') return transition(situation, { state, message: describeStep(step), enteredAt: now });
  const obstacle = step.to > current ? (holdForFailure(situation) ?? holdForCapacity(situation, step.to)) : undefined;
  if (obstacle !== undefined) return hold(situation, obstacle, 0);
  const asked = splitLegs(rollout.stable, rollout.canary, step.to, extraLegs(rollout));
  const down = step.to < current ? ' (going down, as asked)' : '';
  return transition(situation, {
    asked,
    state,
    message: `canary ${rollout.canary} ${formatPercent(current)} -> ${formatPercent(step.to)}${down}`,
    enteredAt: now,
  });
}

/** A step in words: `weight 10%`, `pause 5m`, `pause until a person resumes`, … */
export function describeStep(step: Step): string {
  switch (step.kind) {
    case 'weight':
      return `weight ${formatPercent(step.to)}`;
    case 'pause':
      return step.for === undefined ? 'pause until a person resumes' : `pause ${formatDuration(step.for)}`;
    case 'analyse':
      return `analyse ${formatDuration(step.for)}${step.minRequests > 0 ? `, at least ${step.minRequests} requests` : ''}`;
    case 'wait':
      return `wait for ${step.healthy} passing instances, at most ${formatDuration(step.deadline)}`;
  }
}

/** What happens when a step took too long: back to stable or a hold, as the plan says; a lack of evidence alone never reverts unless asked to. */
export function overdue(situation: Situation, cause: Hold, limit: number): Decision {
  const { plan } = situation;
  const message = `after ${formatDuration(limit)}: ${cause.message}`;
  switch (cause.reason) {
    case 'NoData':
      return plan.on.noData === 'revert' ? revert(situation, 'NoData', message) : paused(situation, 'NoData', message);
    case 'SignalError':
      return plan.on.signalError === 'revert'
        ? revert(situation, 'SignalError', message)
        : paused(situation, 'SignalError', message);
    case 'StableWorse':
      return paused(situation, 'StepTimeout', message);
    case 'Unclear':
    case 'Capacity':
    case 'NoInstances':
      return plan.on.stepTimeout === 'revert'
        ? revert(situation, 'StepTimeout', message)
        : paused(situation, 'StepTimeout', message);
  }
}

function decideWeight(situation: Situation, index: number): Decision {
  const unsettled = notInForce(situation);
  return unsettled === undefined ? leaveStep(situation, index, 0) : hold(situation, unsettled, 0);
}

function leaveStep(situation: Situation, index: number, own: number): Decision {
  const { plan, rollout } = situation;
  const current = askedCanary(rollout);
  const next = plan.steps[skipReached(plan.steps, index + 1, current)];
  const passedTime = plan.steps[index]?.kind !== 'weight';
  const raises = next?.kind === 'weight' && next.to > current;
  const evidence = passedTime || raises ? holdForEvidence(situation) : undefined;
  return evidence === undefined ? enterStep(situation, index + 1) : hold(situation, evidence, own);
}

function hold(situation: Situation, cause: Hold, own: number): Decision {
  const { plan, rollout, now } = situation;
  const atOnce = (cause.reason === 'NoData' && plan.on.noData !== 'wait') || cause.reason === 'SignalError';
  const limit = own + (atOnce ? 0 : plan.stepTimeout);
  if (now >= rollout.enteredAt + limit) return overdue(situation, cause, limit);
  return wait(cause.message, Math.min(now + LOOK_AGAIN, rollout.enteredAt + limit));
}

function paused(situation: Situation, reason: PauseReason, message: string): Decision {
  const { rollout, now } = situation;
  return transition(situation, { state: { phase: 'Paused', reason, step: rollout.state.step }, message, enteredAt: now });
}

function pausedAtStep(situation: Situation, index: number): Decision {
  const { plan, rollout, now } = situation;
  const message = `at ${formatPercent(askedCanary(rollout))}, waiting for a person: splitter resume ${plan.service}`;
  return transition(situation, { state: { phase: 'Paused', reason: 'PauseStep', step: index }, message, enteredAt: now });
}

function finishSteps(situation: Situation): Decision {
  const { plan, rollout, now } = situation;
  const current = askedCanary(rollout);
  const step = plan.steps.length;
  if (current === roomFor(extraLegs(rollout))) {
    return transition(situation, {
      state: { phase: 'Baking', reason: 'Watching', step },
      message: `all traffic is on ${rollout.canary}; baking for ${formatDuration(plan.bake)}`,
      enteredAt: now,
    });
  }
  const message = `the target of ${formatPercent(current)} is reached`;
  return transition(situation, { state: { phase: 'Paused', reason: 'TargetReached', step }, message, enteredAt: now });
}

/** Skips weights that canary has passed already, on the way up only: a rollout that adopts 20 % does not fall back to 10 %. */
function skipReached(steps: readonly Step[], index: number, current: BasisPoints): number {
  const weights = steps.slice(index).filter((step) => step.kind === 'weight');
  if ((weights.at(-1)?.to ?? 0) < current) return index;
  let at = index;
  for (let step = steps[at]; step?.kind === 'weight' && step.to < current; step = steps[at]) at++;
  return at;
}

/** Asked, compiled and observed weights must agree before a weight counts as in force; `unknown` (no sidecar can be read) does not hold it up. */
function notInForce({ rollout, seen }: Situation): Hold | undefined {
  if (seen.chain === undefined || !sameShares(seen.chain.legs, rollout.asked)) {
    return { reason: 'Unclear', message: `waiting until Consul's discovery chain says ${formatLegs(rollout.asked)}` };
  }
  if (seen.agreement === 'pending') return { reason: 'Unclear', message: 'waiting until the sidecars have the new weights' };
  if (seen.agreement === 'differs')
    return {
      reason: 'Unclear',
      message: `the sidecars do not follow: asked for ${formatLegs(rollout.asked)}, observed ${formatObserved(seen.observed)}`,
    };
  return undefined;
}

function formatObserved(observed: Readonly<Record<string, number>> | undefined): string {
  return Object.entries(observed ?? {})
    .map(([subset, share]) => `${subset} ${formatPercent(Math.round(share / 10) * 10)}`)
    .join(', ');
}

function tooFewRequests({ seen }: Situation, minimum: number): Hold | undefined {
  const counted = bindingFindings(seen.findings).flatMap(({ source, samples }) => (source === 'envoy' ? [samples] : []));
  const seenRequests = counted.length === 0 ? 0 : Math.min(...counted);
  if (minimum === 0 || seenRequests >= minimum) return undefined;
  return {
    reason: seenRequests === 0 ? 'NoData' : 'Unclear',
    message: `${seenRequests} of at least ${minimum} requests seen on canary`,
  };
}
