import { isProbe, type ScalarSignal } from '../core/scalar-signal.js';
import type { Finding, Reading, Verdict } from '../core/verdict.js';
import { type Limits, limitsOf } from './limits.js';
import { beginScalarTally, type ScalarTally } from './scalar-tally.js';
import { describeTrouble, standingOf } from './standing.js';
import { formatNumber, plural } from './text.js';
import { addTrouble } from './trouble.js';

/** The tally with one more reading. Not a finite number is no data. A failed tally is left as it is. */
export function addToScalarTally(signal: ScalarSignal, tally: ScalarTally | undefined, reading: Reading): ScalarTally {
  const known = tally ?? beginScalarTally(reading.at);
  if (known.failed) return known;
  const { trouble } = known;
  const { measurement, at } = reading;
  switch (measurement.kind) {
    case 'scalar':
      return Number.isFinite(measurement.value)
        ? addValue(limitsOf(signal), { ...known, at, trouble: null }, measurement.value)
        : {
            ...known,
            at,
            trouble: addTrouble(trouble, 'none', `the answer is ${measurement.value}, which is no number to judge`),
          };
    case 'counts':
    case 'pair':
      return {
        ...known,
        at,
        trouble: addTrouble(
          trouble,
          'error',
          `${measurement.kind === 'pair' ? 'a pair' : 'counts'} came where a single number was expected`,
        ),
      };
    default:
      return { ...known, at, trouble: addTrouble(trouble, measurement.kind, measurement.why) };
  }
}

function addValue(limits: Limits, tally: ScalarTally, value: number): ScalarTally {
  const missed = isMiss(limits, value);
  const misses = tally.misses + (missed ? 1 : 0);
  const streak = missed ? tally.streak + 1 : 0;
  const failed = misses > limits.failureLimit || (limits.consecutive !== undefined && streak >= limits.consecutive);
  return { ...tally, samples: tally.samples + 1, inStep: tally.inStep + 1, misses, streak, value, failed };
}

function isMiss(limits: Limits, value: number): boolean {
  return (limits.max !== undefined && value > limits.max) || (limits.min !== undefined && value < limits.min);
}

/** The finding of a scalar signal. A miss within the limits is `Inconclusive`: it neither reverts nor lets a step pass. No sample counts in a step without any, or after more than `inconclusive_limit` measurements without a number. */
export function findScalar(signal: ScalarSignal, tally: ScalarTally): Finding {
  const limits = limitsOf(signal);
  return {
    name: signal.name,
    source: signal.source,
    verdict: verdictOf(limits, tally),
    value: tally.value === null ? null : describeValue(signal, tally.value),
    bound: describeThreshold(signal),
    samples: tally.failed || (tally.inStep > 0 && standingOf(limits, tally.trouble) !== 'missing') ? tally.samples : 0,
    failed: tally.misses,
    at: tally.at,
    message: describe(signal, limits, tally),
  };
}

function verdictOf(limits: Limits, tally: ScalarTally): Verdict {
  if (tally.failed) return 'Failed';
  const standing = standingOf(limits, tally.trouble);
  if (standing === 'error') return 'Error';
  return standing === 'stands' && tally.inStep > 0 && tally.streak === 0 ? 'Successful' : 'Inconclusive';
}

function describeValue(signal: ScalarSignal, value: number): string {
  return isProbe(signal) ? (value >= 1 ? 'passed' : 'failed') : formatNumber(value);
}

/** The bound for people: `<= 0.5`, `>= 2`, both, or what a probe must do. */
export function describeThreshold(signal: ScalarSignal): string {
  if (isProbe(signal)) return signal.source === 'exec' ? 'exit 0' : (signal.expect?.join(' or ') ?? 'any 2xx');
  const { min, max } = limitsOf(signal);
  return [min === undefined ? [] : [`>= ${formatNumber(min)}`], max === undefined ? [] : [`<= ${formatNumber(max)}`]]
    .flat()
    .join(' and ');
}

function describe(signal: ScalarSignal, limits: Limits, tally: ScalarTally): string {
  const { trouble } = tally;
  if (tally.failed || trouble === null) return describeValues(signal, limits, tally);
  const told = describeTrouble(limits, trouble);
  return standingOf(limits, trouble) === 'stands' ? `${describeValues(signal, limits, tally)}; ${told}` : told;
}

function describeValues(signal: ScalarSignal, limits: Limits, tally: ScalarTally): string {
  if (tally.value === null) return 'not measured yet';
  const told = `${describeReading(signal, tally.value)}; the bound is ${describeThreshold(signal)}`;
  if (!tally.failed && tally.inStep === 0) return `not measured in this step yet (before it: ${told})`;
  if (tally.misses === 0) return `${told}; ${plural(tally.samples, 'measurement')}, all good`;
  const missed = `${tally.misses} of ${plural(tally.samples, 'measurement')} missed it`;
  return `${told}; ${missed}, ${tally.streak} in a row (${describeLimits(limits)})`;
}

function describeReading(signal: ScalarSignal, value: number): string {
  if (isProbe(signal)) return `the probe ${describeValue(signal, value)}`;
  if (signal.source === 'consul')
    return `${plural(value, 'canary instance')} ${value === 1 ? 'passes its' : 'pass their'} checks`;
  return `the value is ${formatNumber(value)}`;
}

function describeLimits(limits: Limits): string {
  const inAll = Number.isFinite(limits.failureLimit) ? [`${limits.failureLimit} may`] : [];
  const inRow = limits.consecutive === undefined ? [] : [`${limits.consecutive} in a row fail`];
  return [...inAll, ...inRow].join(', ');
}
