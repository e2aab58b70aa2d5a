import { isByPerson } from '../../core/rollout.js';
import type { Status } from '../../core/status.js';
import type { Attention } from './kinds.js';

/** A revert is of interest for so long, ms. */
const FRESH = 24 * 3_600_000;
/** A step that was just entered has no request yet, and that is no trouble, ms. */
const FIRST = 60_000;

/** How much a rollout needs a person: exactly one word for each. */
export function attentionOf({ phase, reason, driver, updatedAt, signals, canary }: Status, now: number): Attention {
  switch (phase) {
    case 'Paused':
      return reason === 'NoData' || reason === 'SignalError' ? 'no_data' : 'person';
    case 'Reverting':
      return 'reverted';
    case 'Reverted':
      return !isByPerson(reason) && now - Date.parse(updatedAt ?? '') < FRESH ? 'reverted' : 'idle';
    case 'Pending':
    case 'Progressing':
    case 'Promoting':
    case 'Baking': {
      const carries = (canary?.weight.asked ?? 0) > 0;
      const young = now - Date.parse(updatedAt ?? '') < FIRST;
      const blind = signals.some(
        ({ verdict, samples, dryRun }) => dryRun !== true && (verdict === 'Error' || (samples === 0 && !young)),
      );
      if (driver === null || (carries && blind)) return 'no_data';
      return phase === 'Baking' ? 'baking' : 'progressing';
    }
    default:
      return 'idle';
  }
}
