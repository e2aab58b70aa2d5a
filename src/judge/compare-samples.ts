import type { Comparison } from '../core/plan.js';
import type { ComparingSignal } from '../core/scalar-signal.js';
import type { Finding, Reading, Verdict } from '../core/verdict.js';
import { failingLine, suspiciousLine } from './alpha.js';
import { addCounts, NOTHING, shareOf } from './counts.js';
import { strengthOf } from './evidence.js';
import { limitsOf } from './limits.js';
import { beginSampleTally, type SampleTally } from './sample-tally.js';
import { continueSignTest } from './sign-test.js';
import { describeTrouble, standingOf } from './standing.js';
import { describeEvidence, formatNumber, plural } from './text.js';
import { addTrouble } from './trouble.js';

/** The tally with one more reading. A number that is missing on either side, or not finite, is no data. A failed tally is left as it is. */
export function addToSampleTally(
  signal: ComparingSignal,
  tally: SampleTally | undefined,
  reading: Reading,
  alpha: number,
): SampleTally {
  const known = tally ?? beginSampleTally(reading.at);
  if (known.failed) return known;
  const { measurement, at } = reading;
  const trouble = (kind: 'none' | 'error', why: string): SampleTally => ({
    ...known,
    at,
    trouble: addTrouble(known.trouble, kind, why),
  });
  switch (measurement.kind) {
    case 'pair': {
      const { canary, stable } = measurement;
      if (Number.isFinite(canary) && Number.isFinite(stable))
        return addPair(signal.compare, { ...known, at, canary, stable, trouble: null }, canary, stable, alpha);
      return trouble('none', `the answers are ${canary} and ${stable} on stable, which cannot be compared`);
    }
    case 'scalar':
    case 'counts':
      return trouble('error', 'no pair of numbers came where one was expected');
    default:
      return trouble(measurement.kind, measurement.why);
  }
}

/** What a CUSUM (Page 1954) from every second pair towards four in five gains by a worse pair, and loses by a better one. */
const GAIN = Math.log(0.8 / 0.5);
const LOSS = Math.log(0.5 / 0.2);

function addPair(compare: Comparison, tally: SampleTally, canary: number, stable: number, alpha: number): SampleTally {
  const next = { ...tally, samples: tally.samples + 1, inStep: tally.inStep + 1 };
  const excess = excessOf(compare, canary, stable);
  if (excess === 0) return next;
  const pair = { bad: excess > 0 ? 1 : 0, total: 1 };
  const test = continueSignTest(tally.test, excess > 0);
  const recent = addCounts(tally.recent, pair);
  const suspect = recent.bad * GAIN > (recent.total - recent.bad) * LOSS;
  return {
    ...next,
    compared: addCounts(tally.compared, pair),
    recent: suspect ? recent : NOTHING,
    test,
    failed: strengthOf(test) >= failingLine(alpha),
  };
}

/** By how much canary is worse than stable and the margin; 0 is a tie, which numbers are as well that differ by rounding only. */
function excessOf({ margin, worse }: Comparison, canary: number, stable: number): number {
  const excess = (worse === 'higher' ? canary - stable : stable - canary) - margin;
  const rounding = 1e-9 * Math.max(Math.abs(canary), Math.abs(stable), margin);
  return Math.abs(excess) <= rounding ? 0 : excess;
}

/** The finding of a comparison. Samples are measurements, failed those in which canary was worse. */
export function findSamples(signal: ComparingSignal, tally: SampleTally, alpha: number): Finding {
  const strength = strengthOf(tally.test);
  const verdict = verdictOf(signal, tally, strength, alpha);
  const standing = standingOf(limitsOf(signal), tally.trouble);
  return {
    name: signal.name,
    source: signal.source,
    verdict,
    value: tally.canary === null ? null : formatNumber(tally.canary),
    bound: describeMargin(signal),
    samples: tally.failed || (tally.inStep > 0 && standing !== 'missing') ? tally.samples : 0,
    failed: tally.compared.bad,
    at: tally.at,
    message: describe(signal, tally, { verdict, strength, alpha }),
  };
}

function verdictOf(signal: ComparingSignal, tally: SampleTally, strength: number, alpha: number): Verdict {
  if (tally.failed) return 'Failed';
  const standing = standingOf(limitsOf(signal), tally.trouble);
  if (standing === 'error') return 'Error';
  if (standing !== 'stands' || tally.inStep === 0) return 'Inconclusive';
  return strength >= suspiciousLine(alpha) || isAboveNow(signal, tally) ? 'Inconclusive' : 'Successful';
}

/** Whether the numbers that are shown are those of a canary that is worse than allowed. */
function isAboveNow({ compare }: ComparingSignal, { canary, stable }: SampleTally): boolean {
  return canary !== null && stable !== null && excessOf(compare, canary, stable) > 0;
}

/** The bound for people: `<= stable + 0.05`, `>= stable - 2`, `<= stable`. */
export function describeMargin({ compare: { margin, worse } }: ComparingSignal): string {
  const [sign, shift] = worse === 'higher' ? ['<=', '+'] : ['>=', '-'];
  return `${sign} stable${margin === 0 ? '' : ` ${shift} ${formatNumber(margin)}`}`;
}

interface Story {
  readonly verdict: Verdict;
  readonly strength: number;
  readonly alpha: number;
}

function describe(signal: ComparingSignal, tally: SampleTally, { verdict, strength, alpha }: Story): string {
  const { trouble } = tally;
  const limits = limitsOf(signal);
  const facts = describePairs(signal.compare, tally);
  if (verdict === 'Failed') return `${facts} ${describeEvidence(strength, failingLine(alpha))}`;
  if (trouble !== null && standingOf(limits, trouble) !== 'stands') return describeTrouble(limits, trouble);
  const since = trouble === null ? '' : `; ${describeTrouble(limits, trouble)}`;
  if (tally.samples === 0) return `not measured yet${since}`;
  if (tally.inStep === 0) return `not measured in this step yet (before it: ${facts})${since}`;
  const said = strength >= suspiciousLine(alpha) ? 'this points to harm' : 'worse than allowed just now';
  const doubt = verdict === 'Inconclusive' ? `; ${said} ${describeEvidence(strength, failingLine(alpha))}` : '';
  return `${facts}${doubt}${since}`;
}

function describePairs({ margin, worse }: Comparison, tally: SampleTally): string {
  const { compared, recent, samples } = tally;
  const now = `(now ${formatNumber(tally.canary ?? 0)}, stable ${formatNumber(tally.stable ?? 0)})`;
  if (compared.total === 0) return `canary was neither better nor worse than allowed in ${plural(samples, 'measurement')} ${now}`;
  const isLate = shareOf(recent) > shareOf(compared);
  const told = isLate ? recent : compared;
  const by = margin === 0 ? '' : ` by more than ${formatNumber(margin)}`;
  const often = `in ${told.bad === 0 ? 'none' : told.bad} of ${isLate ? 'the last ' : ''}${plural(told.total, 'measurement')}`;
  const ties = samples - compared.total;
  return `canary was ${worse} than stable${by} ${often}${isLate || ties === 0 ? '' : `, and level in ${ties} more`} ${now}`;
}
