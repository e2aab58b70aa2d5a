import type { Decision, Situation } from './decision.js';
import { revert } from './revert.js';
import { paused } from './stand.js';

/** What names a driver in a terminal, in a record; its first group is the kind. */
export const FOREGROUND = /^(ramp|start|promote|drill):/;

/** What a controller does with a rollout whose foreground driver is gone, as the plan says; undefined when it is to go on, or when none was lost. */
export function decideLostDriver(situation: Situation): Decision | undefined {
  const { plan, rollout, lostDriver } = situation;
  const { phase } = rollout.state;
  const moves = phase === 'Pending' || phase === 'Progressing' || phase === 'Baking';
  if (lostDriver === undefined || !moves || plan.on.driverLost === 'continue') return undefined;
  const message = `its driver ${lostDriver} is gone`;
  if (plan.on.driverLost === 'revert') return revert(situation, 'DriverLost', message);
  return paused(situation, 'DriverLost', `${message}; splitter resume ${plan.service} goes on, begun anew at this step`);
}
