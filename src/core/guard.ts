import type { Plan } from './plan.js';

/** What whoever watches does while a rollout stands: says that a bad signal reverts only where a signal may. */
export function describeGuard({ signals }: Plan): string {
  return signals.some(({ dryRun }) => dryRun !== true)
    ? 'a bad signal still reverts'
    : 'no signal is watched; losing its instances still reverts';
}
