import type { ConsulSignal, HttpSignal, PrometheusSignal } from '../core/plan.js';
import type { Finding, Reading, Verdict } from '../core/verdict.js';
import { addNothing, addNumber, beginScalarTally, type ScalarTally } from './scalar-tally.js';
import { formatNumber, plural } from './text.js';

/** A signal that gives one number at a time. */
export type ScalarSignal = PrometheusSignal | HttpSignal | ConsulSignal;

interface Limits {
  readonly min?: number;
  readonly max?: number;
  /** More numbers outside the bounds than this, in all, fail. */
  readonly failureLimit: number;
  /** So many in a row fail. */
  readonly consecutive: number;
  /** More failed readings in a row than this are an Error. */
  readonly errorLimit: number;
}

/** Two counts of instances in a row below the minimum, a second apart, are no flap. */
const CONSUL_LIMITS = { failureLimit: Number.POSITIVE_INFINITY, consecutive: 2, errorLimit: 4 };

/** The tally with one more reading. NaN and infinities are no data. A failed tally is left as it is. */
export function addToScalarTally(signal: ScalarSignal, tally: ScalarTally | undefined, reading: Reading): ScalarTally {
  const known = tally ?? beginScalarTally(reading.at);
  if (known.failed) return known;
  const { measurement, at } = reading;
  switch (measurement.kind) {
    case 'scalar': {
      if (!Number.isFinite(measurement.value)) return addNothing(known, 'none', 'the answer is not a finite number', at);
      const limits = limitsOf(signal);
      const next = addNumber(known, measurement.value, isWithin(measurement.value, limits), at);
      return { ...next, failed: next.outside > limits.failureLimit || next.streak >= limits.consecutive };
    }
    case 'counts':
      return addNothing(known, 'error', 'counts came where a single number was expected', at);
    case 'none':
    case 'error':
      return addNothing(known, measurement.kind, measurement.why, at);
  }
}

/** What this tally says now, with a sentence. */
export function findScalar(signal: ScalarSignal, tally: ScalarTally | undefined): Omit<Finding, 'query'> {
  const bound = boundText(signal);
  const base = { name: signal.name, source: signal.source, bound };
  if (tally === undefined) return { ...base, verdict: 'Inconclusive', value: null, samples: 0, failed: 0, at: 0, message: 'not measured yet' };
  const { verdict, message } = judgeTally(signal, tally, bound);
  return { ...base, verdict, value: tally.value === null ? null : formatValue(signal, tally.value), samples: tally.inStep, failed: tally.outside, at: tally.at, message };
}

function judgeTally(signal: ScalarSignal, tally: ScalarTally, bound: string): { readonly verdict: Verdict; readonly message: string } {
  const limits = limitsOf(signal);
  const { trouble, value, outside, samples, streak } = tally;
  const said = value === null ? 'nothing' : formatValue(signal, value);
  if (tally.failed) {
    const inRow = streak > 1 ? `, ${streak} in a row` : '';
    return { verdict: 'Failed', message: `${said}; it has to be ${bound} (${outside} of ${plural(samples, 'measurement')} outside${inRow})` };
  }
  if (trouble?.kind === 'error' && trouble.streak > limits.errorLimit) return { verdict: 'Error', message: `could not be measured ${plural(trouble.streak, 'time')} in a row: ${trouble.why}` };
  if (trouble !== undefined) return { verdict: 'Inconclusive', message: `no number: ${trouble.why}` };
  if (tally.inStep === 0) return { verdict: 'Inconclusive', message: 'not measured in this step yet' };
  if (streak > 0) return { verdict: 'Inconclusive', message: `${said}; it has to be ${bound} (${outside} outside so far, which is still allowed)` };
  return { verdict: 'Successful', message: `${said}; it has to be ${bound} (${plural(tally.inStep, 'measurement')} in this step)` };
}

function limitsOf(signal: ScalarSignal): Limits {
  if (signal.source === 'consul') return { ...CONSUL_LIMITS, min: signal.minHealthy };
  const { failureLimit, consecutive, errorLimit } = signal;
  // Where only `consecutive` is given, a single failure in a row of good ones is what it forgives.
  const limits = { failureLimit: consecutive !== undefined && failureLimit === 0 ? Number.POSITIVE_INFINITY : failureLimit, consecutive: consecutive ?? Number.POSITIVE_INFINITY, errorLimit };
  if (signal.source === 'http') return { ...limits, min: 1 };
  return { ...limits, ...(signal.min === undefined ? {} : { min: signal.min }), ...(signal.max === undefined ? {} : { max: signal.max }) };
}

function isWithin(value: number, { min, max }: Limits): boolean {
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}

function boundText(signal: ScalarSignal): string {
  if (signal.source === 'http') return 'ok';
  const { min, max } = limitsOf(signal);
  return [...(min === undefined ? [] : [`>= ${formatNumber(min)}`]), ...(max === undefined ? [] : [`<= ${formatNumber(max)}`])].join(' and ');
}

function formatValue(signal: ScalarSignal, value: number): string {
  if (signal.source === 'http') return value === 1 ? 'ok' : 'failed';
  return formatNumber(value);
}
