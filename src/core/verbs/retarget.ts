import { adoptable } from '../drift.js';
import { storedLegs } from '../entries.js';
import { formatLegs } from '../legs.js';
import type { HookName } from '../plan.js';
import { isFinal, type Rollout } from '../rollout.js';
import { refused, type VerbContext, type VerbResult, write } from './result.js';

/** Gives a rollout under way new steps, those of another plan, to be entered from where its weight stands now. */
export function retarget(
  rollout: Rollout,
  context: VerbContext,
  plan: string,
  driver: string,
  owes: readonly HookName[] = rollout.owes,
  note?: string,
): VerbResult {
  const { service, by, now, seen } = context;
  if (isFinal(rollout))
    return refused(
      `${service} has no rollout under way: the last one is ${rollout.state.phase}`,
      `splitter ramp ${service} --to 10`,
    );
  if (rollout.state.phase === 'Promoting' || rollout.state.phase === 'Reverting')
    return refused(
      `${service} is ${rollout.state.phase.toLowerCase()} and will be done in a moment`,
      `splitter status ${service} -w`,
    );
  const stored = seen.splitter === undefined ? rollout.asked : storedLegs(seen, service);
  if (!adoptable(rollout, stored))
    return refused(
      `service-splitter/${service} says ${formatLegs(stored)}, which this rollout does not know`,
      `splitter resume ${service} --reassert`,
    );
  return write(
    rollout,
    {
      asked: stored,
      state: { phase: 'Pending', reason: 'Starting', step: 0 },
      plan,
      driver,
      // A rollout that has begun does not begin again.
      owes: owes.filter((hook) => hook !== 'before_start' || rollout.owes.includes(hook)),
      message: `${by} goes on from ${formatLegs(stored)}${note === undefined ? '' : ` (${note})`}`,
      enteredAt: now,
      by,
    },
    false,
  );
}
