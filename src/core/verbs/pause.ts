import { askedCanary, type Rollout } from '../rollout.js';
import { formatPercent } from '../weights.js';
import { refused, type VerbContext, type VerbResult, write } from './result.js';

/** Holds the rollout where it is; whoever watches it still reverts it. */
export function pause(rollout: Rollout, context: VerbContext): VerbResult {
  const { service, by, now } = context;
  const { state } = rollout;
  // A rollout that waits for a signal, or for stable, goes on by itself when that is back; one that a person paused does not.
  const waits = state.phase === 'Paused' && (state.reason === 'SignalError' || state.reason === 'StableGone');
  switch (waits ? 'Progressing' : state.phase) {
    case 'Paused':
      return { kind: 'nothing', message: `${service} is paused already (${state.reason})` };
    case 'Pending':
    case 'Progressing':
    case 'Baking':
      return write(
        rollout,
        {
          state: { phase: 'Paused', reason: 'Operator', step: state.step },
          message: `paused by ${by} at ${formatPercent(askedCanary(rollout))}`,
          enteredAt: now,
          by,
        },
        false,
      );
    case 'Promoting':
    case 'Reverting':
      return refused(`${service} is ${state.phase.toLowerCase()} and will be done in a moment`, `splitter status ${service} -w`);
    case 'Promoted':
    case 'Reverted':
    case 'Superseded':
      return refused(`${service} has no rollout under way: the last one is ${state.phase}`, `splitter ramp ${service} --to 10`);
  }
}
