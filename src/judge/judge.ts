import type { Signal } from '../core/plan.js';
import type { Finding, Reading } from '../core/verdict.js';
import { findCounts } from './count-finding.js';
import { addToCountTally } from './count-signal.js';
import type { SignalTally } from './tally.js';
import { addToScalarTally, findScalar } from './threshold.js';

/** Judges one more reading of a signal that may spend this alpha: the tally with it, and what the tally says. Pure; `Failed` is for good. */
export function judge(signal: Signal, tally: SignalTally | undefined, reading: Reading, alpha: number): { readonly tally: SignalTally; readonly finding: Finding } {
  const next =
    signal.source === 'envoy'
      ? addToCountTally(signal, tally?.kind === 'counts' ? tally : undefined, reading, alpha)
      : addToScalarTally(signal, tally?.kind === 'scalar' ? tally : undefined, reading);
  return { tally: next, finding: { ...findingOf(signal, next, alpha), query: reading.query } };
}

/** What a tally says without a new reading: for a status, and before the first measurement. */
export function findingOf(signal: Signal, tally: SignalTally | undefined, alpha: number): Finding {
  if (signal.source === 'envoy') return findCounts(signal, tally?.kind === 'counts' ? tally : undefined, alpha);
  return findScalar(signal, tally?.kind === 'scalar' ? tally : undefined);
}
