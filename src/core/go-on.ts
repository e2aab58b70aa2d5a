import type { Observation } from './observation.js';
import type { Plan } from './plan.js';
import { askedCanary, type Rollout, runningAt, type State } from './rollout.js';
import { missesRoute, wantedMatches } from './route.js';

/** A rollout that enters this step as if for the first time: what the step needs is asked for again. */
export function pendingAt(step: number): State {
  return { phase: 'Pending', reason: 'Starting', step };
}

/** Whether something that comes before the first step is still to be done: its hook has not run, or the testers' route is not there. */
export function isToBegin({ plan, rollout, seen }: Stand): boolean {
  if (rollout.owes.includes('before_start')) return true;
  // A route that nobody needs any more, as that of stable's users at 100 %, is no beginning.
  return plan?.route !== undefined && missesRoute(seen.router, wantedMatches(plan, rollout)) !== undefined;
}

/** Whether the step that the rollout stands at is a weight that was never asked for, as when it was held before it could be. */
export function isUnasked(plan: Plan | undefined, rollout: Rollout): boolean {
  const step = plan?.steps[rollout.state.step];
  return step?.kind === 'weight' && step.to !== askedCanary(rollout);
}

/** The state in which a rollout that stood still goes on; a step that it never entered is entered. */
export function goOn(stand: Stand, steps: number): State {
  const { step } = stand.rollout.state;
  const anew = step < steps && (isToBegin(stand) || isUnasked(stand.plan, stand.rollout));
  return anew ? pendingAt(step) : runningAt(step, steps, false);
}

/** A rollout as it stands in the world; the plan only where it is known. */
export interface Stand {
  readonly plan?: Plan | undefined;
  readonly rollout: Rollout;
  readonly seen: Observation;
}
