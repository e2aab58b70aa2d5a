import type { Signal } from '../core/plan.js';
import type { Finding, Reading } from '../core/verdict.js';
import { describeBound, findCounts } from './count-finding.js';
import { addToCountTally, modeOf } from './count-signal.js';
import { isScalar } from './limits.js';
import type { SignalTally } from './tally.js';
import { addToScalarTally, describeThreshold, findScalar } from './threshold.js';

export { alphaShare } from './alpha.js';

/** `alpha`: the chance of a false revert that this signal may spend (see `alphaShare`); `at`: now, in milliseconds since 1970. */
export interface JudgeContext {
  readonly alpha: number;
  readonly at: number;
}

/** Judges one more reading of a signal: the tally to keep, and what it says now. `Failed` stays. A tally of another kind of signal is dropped. */
export function judge(
  signal: Signal,
  tally: SignalTally | undefined,
  reading: Reading,
  context: JudgeContext,
): { tally: SignalTally; finding: Finding } {
  if (isScalar(signal)) {
    const next = addToScalarTally(signal, tally?.kind === 'scalar' ? tally : undefined, reading);
    return { tally: next, finding: { ...findScalar(signal, next), query: reading.query } };
  }
  const next = addToCountTally(signal, tally?.kind === 'counts' ? tally : undefined, reading, context.alpha);
  return { tally: next, finding: findCounts(signal, next, context.alpha, reading.query) };
}

/** What a stored tally says now, without a new reading; `Inconclusive` ("no data yet") where there is no tally. */
export function findingOf(signal: Signal, tally: SignalTally | undefined, context: JudgeContext): Finding {
  if (isScalar(signal))
    return tally?.kind === 'scalar' ? findScalar(signal, tally) : unmeasured(signal, describeThreshold(signal), context);
  const known = tally?.kind === 'counts' && tally.mode === modeOf(signal) ? tally : undefined;
  return known === undefined ? unmeasured(signal, describeBound(signal), context) : findCounts(signal, known, context.alpha);
}

function unmeasured(signal: Signal, bound: string, { at }: JudgeContext): Finding {
  const { name, source } = signal;
  return { name, source, verdict: 'Inconclusive', value: null, bound, samples: 0, failed: 0, at, message: 'no data yet' };
}
