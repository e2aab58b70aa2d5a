import type { EnvoySignal, Signal } from '../core/plan.js';
import { isComparing, isScalar } from '../core/scalar-signal.js';
import type { Finding, Reading } from '../core/verdict.js';
import { addCallers, alphaOfWhole, findCaller } from './caller-tallies.js';
import { addToSampleTally, describeMargin, findSamples } from './compare-samples.js';
import { describeBound, findCounts } from './count-finding.js';
import { addToCountTally, modeOf } from './count-signal.js';
import type { CountTally } from './count-tally.js';
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
  const next = addReading(signal, tally, reading, context.alpha);
  return { tally: next, finding: findingOf(signal, next, context, reading) };
}

/** What a stored tally says now, without a new reading; `Inconclusive` ("no data yet") where there is no tally. */
export function findingOf(
  signal: Signal,
  tally: SignalTally | undefined,
  context: JudgeContext,
  { query, note }: Partial<Pick<Reading, 'query' | 'note'>> = {},
): Finding {
  if (!isScalar(signal) && tally?.kind === 'counts' && tally.mode === modeOf(signal))
    return findCountsOf(signal, tally, context.alpha, query, note);
  const finding = findNumbers(signal, tally, context.alpha) ?? unmeasured(signal, context);
  const asked = query === undefined ? {} : { query };
  return { ...finding, ...asked, ...(signal.dryRun === true ? { dryRun: true } : {}) };
}

/** What all requests together say, unless that is good and one caller alone says otherwise. */
function findCountsOf(signal: EnvoySignal, tally: CountTally, alpha: number, query?: string, note?: string): Finding {
  const whole = findCounts(signal, tally, alphaOfWhole(tally, alpha), query, note);
  const asksCallers = whole.verdict === 'Successful' || tally.callers?.culprit !== undefined;
  const alone = asksCallers ? findCaller(signal, tally, alpha) : undefined;
  if (alone === undefined || alone.verdict === 'Successful') return whole;
  const asked = query === undefined ? {} : { query };
  return { ...alone, ...asked, ...(signal.dryRun === true ? { dryRun: true } : {}) };
}

function addReading(signal: Signal, tally: SignalTally | undefined, reading: Reading, alpha: number): SignalTally {
  if (!isScalar(signal)) {
    const known = tally?.kind === 'counts' ? tally : undefined;
    return addCallers(signal, addToCountTally(signal, known, reading, alphaOfWhole(known ?? {}, alpha)), reading, alpha);
  }
  if (isComparing(signal)) return addToSampleTally(signal, tally?.kind === 'samples' ? tally : undefined, reading, alpha);
  return addToScalarTally(signal, tally?.kind === 'scalar' ? tally : undefined, reading);
}

function findNumbers(signal: Signal, tally: SignalTally | undefined, alpha: number): Finding | undefined {
  if (tally?.kind === 'samples') return isComparing(signal) ? findSamples(signal, tally, alpha) : undefined;
  return tally?.kind === 'scalar' && isScalar(signal) && !isComparing(signal) ? findScalar(signal, tally) : undefined;
}

function unmeasured(signal: Signal, { at }: JudgeContext): Finding {
  const { name, source } = signal;
  const bound = describeLimit(signal);
  return { name, source, verdict: 'Inconclusive', value: null, bound, samples: 0, failed: 0, at, message: 'no data yet' };
}

function describeLimit(signal: Signal): string {
  if (!isScalar(signal)) return describeBound(signal);
  return isComparing(signal) ? describeMargin(signal) : describeThreshold(signal);
}
