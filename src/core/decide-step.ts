import { findMissing } from './decide-pending.js';
import { type Decision, type Situation, wait } from './decision.js';
import { formatDuration } from './duration.js';
import { enterStep, passStep } from './enter-step.js';
import { type Hold, holdForEvidence, passedAbove } from './gate.js';
import { isUnasked } from './go-on.js';
import { holdWhileClosed } from './hold-closed.js';
import { notInForce } from './in-force.js';
import { serving } from './observation.js';
import type { Step } from './plan.js';
import { awaitProgram, describeFailure } from './programs.js';
import { revert } from './revert.js';
import { askedCanary, type State } from './rollout.js';
import { hold, overdue, paused } from './stand.js';
import { describeWaiting, skipReached } from './steps.js';
import { bindingFindings, isClear } from './verdict.js';

const LOOK_AGAIN = 250;

/** A rollout in the middle of its steps: stays, or leaves the present step for the next. */
export function decideProgressing(situation: Situation, state: Extract<State, { phase: 'Progressing' }>): Decision {
  const { plan, rollout, now } = situation;
  const step = plan.steps[state.step];
  if (step === undefined) return passStep(situation, state.step);
  if (state.reason === 'Resumed')
    return isUnasked(plan, rollout) ? enterByHand(situation, state.step) : passStep(situation, state.step);
  const elapsed = now - rollout.enteredAt;
  switch (step.kind) {
    case 'weight': {
      const unsettled = notInForce(situation);
      return unsettled === undefined ? leaveStep(situation, state.step, 0) : hold(situation, unsettled, 0);
    }
    case 'pause':
      if (step.for === undefined)
        return paused(situation, 'PauseStep', describeWaiting(step, askedCanary(rollout), plan.service));
      if (elapsed < step.for) return wait(`pause of ${formatDuration(step.for)}`, rollout.enteredAt + step.for);
      return leaveStep(situation, state.step, step.for);
    case 'analyse': {
      const thin = tooFewRequests(situation, step.minRequests);
      if (elapsed < step.for) {
        const early = step.minRequests > 0 && step.early !== false && thin === undefined && isClear(situation.seen.findings);
        if (early) return leaveStep(situation, state.step, step.for, ['the evidence was clear early']);
        return wait(`analysing for ${formatDuration(step.for)}`, rollout.enteredAt + step.for);
      }
      if (thin === undefined) return leaveStep(situation, state.step, step.for);
      return hold(situation, thin, step.for);
    }
    case 'wait': {
      const ready = serving(situation.seen.instances[rollout.canary]);
      if (ready >= step.healthy) return leaveStep(situation, state.step, 0);
      const message = `waiting for ${step.healthy} ready instances of ${rollout.canary}: ${ready} so far`;
      if (elapsed >= step.deadline) return overdue(situation, { reason: 'NoInstances', message }, step.deadline);
      return wait(message, Math.min(now + LOOK_AGAIN, rollout.enteredAt + step.deadline));
    }
    case 'run':
      return decideRun(situation, state.step, step);
  }
}

/** A person has passed what a weight waited for before it could be asked for: doubts, closed windows, a hook that failed; never what a mesh needs to serve it. */
function enterByHand(situation: Situation, index: number): Decision {
  const cause = findMissing(situation);
  return cause === undefined ? enterStep(situation, index, [], false) : hold(situation, cause, 0);
}

function decideRun(situation: Situation, index: number, step: Extract<Step, { kind: 'run' }>): Decision {
  const run = awaitProgram(situation, 'run', index, step.program);
  if ('decision' in run) return run.decision;
  if (run.outcome.ok) return leaveStep(situation, index, step.program.timeout, ['run passed']);
  const message = describeFailure(run.outcome);
  return step.onFailure === 'revert' ? revert(situation, 'RunFailed', message) : paused(situation, 'ProgramFailed', message);
}

function leaveStep(situation: Situation, index: number, own: number, said: readonly string[] = []): Decision {
  const { plan, rollout } = situation;
  const current = askedCanary(rollout);
  const next = plan.steps[skipReached(plan.steps, index + 1, current)];
  const passedTime = plan.steps[index]?.kind !== 'weight';
  const raises = next?.kind === 'weight' && next.to > current;
  const closed = raises ? holdWhileClosed(situation) : undefined;
  if (closed !== undefined) return closed;
  if (!passedTime && !raises) return passStep(situation, index, said);
  const evidence = holdForEvidence(situation, own);
  return evidence === undefined
    ? passStep(situation, index, [...said, ...passedAbove(situation)])
    : hold(situation, evidence, own);
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
