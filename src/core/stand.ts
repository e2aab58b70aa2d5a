import { type Decision, type Situation, transition, wait } from './decision.js';
import { formatDuration } from './duration.js';
import type { Hold } from './gate.js';
import { clockSince } from './hold-closed.js';
import { revert } from './revert.js';
import type { PauseReason } from './rollout.js';

const LOOK_AGAIN = 250;

/** Stays where it is for this cause, until the step has taken too long: `own` ms that the step takes by itself, then the plan's step timeout. */
export function hold(situation: Situation, cause: Hold, own: number): Decision {
  const { plan, now } = situation;
  const since = clockSince(situation);
  const atOnce = (cause.reason === 'NoData' && plan.on.noData !== 'wait') || cause.reason === 'SignalError';
  const limit = own + (atOnce ? 0 : plan.stepTimeout);
  if (now >= since + limit) return overdue(situation, cause, limit);
  return wait(cause.message, Math.min(Math.max(now + 1, cause.until ?? now + LOOK_AGAIN), since + limit));
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
    case 'Unseen':
    case 'Coverage':
    case 'Following':
      return paused(situation, 'StepTimeout', message);
    case 'Unclear':
    case 'Capacity':
    case 'NoInstances':
      return plan.on.stepTimeout === 'revert'
        ? revert(situation, 'StepTimeout', message)
        : paused(situation, 'StepTimeout', message);
  }
}

/** Pauses at the given step (default: the present one) until a person, or the world, changes something. */
export function paused(
  situation: Situation,
  reason: PauseReason,
  message: string,
  step: number = situation.rollout.state.step,
): Decision {
  return transition(situation, { state: { phase: 'Paused', reason, step }, message, enteredAt: situation.now });
}
