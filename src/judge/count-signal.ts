import type { EnvoySignal } from '../core/plan.js';
import type { Counts, Reading } from '../core/verdict.js';
import { failingLine, suspiciousLine } from './alpha.js';
import { type BoundTest, continueBoundTest, prepareBoundTest } from './bound-test.js';
import { upperShare } from './confidence.js';
import { addSides, beginCountTally, type CountTally, inStep, NO_SIDES, TEST_SIZES } from './count-tally.js';
import { addCounts, shareOf, soundCounts, subtractCounts } from './counts.js';
import { type Evidence, strengthOf } from './evidence.js';
import { continuePairAlone, continuePairTest, type PairTest, preparePairTest } from './pair-test.js';
import { addTrouble } from './trouble.js';

/** What the tests of a count signal say: strengths to be held against the failing line. */
export interface CountEvidence {
  /** Canary breaks the bound, or is worse than stable by more than the margin. */
  readonly harm: number;
  /** Stable breaks the bound itself, or is worse than canary by more than the margin. */
  readonly stableHarm: number;
  /** Canary is worse than stable. */
  readonly worse: number;
}

/** The tally with one more reading. A failed tally is left as it is. */
export function addToCountTally(signal: EnvoySignal, tally: CountTally | undefined, reading: Reading, alpha: number): CountTally {
  const mode = modeOf(signal);
  const begun = tally?.mode === mode ? tally : beginCountTally(mode, reading.at);
  if (begun.failed) return begun;
  const known = begun.sight === reading.sight ? begun : { ...begun, sight: reading.sight };
  const { trouble } = known;
  const { measurement, at } = reading;
  switch (measurement.kind) {
    case 'counts': {
      const next = countIn(signal, known, at, soundCounts(measurement.canary), soundCounts(measurement.stable));
      return isFailing(signal, next, alpha) ? { ...next, failed: true } : next;
    }
    case 'scalar':
    case 'pair':
      return { ...known, at, trouble: addTrouble(trouble, 'error', 'a single number came where counts were expected') };
    default:
      return { ...known, at, trouble: addTrouble(trouble, measurement.kind, measurement.why) };
  }
}

/** How strong each test of this tally is now. */
export function weigh(tally: CountTally): CountEvidence {
  const [first, second, third] = tally.tests;
  const harm = strengthOf(first!);
  return { harm, stableHarm: strengthOf(second!), worse: third === undefined ? harm : strengthOf(third) };
}

/** Against a bound, a canary that breaks it fails; but where stable suffers alike, only when canary is shown to be worse than stable. */
function isFailing(signal: EnvoySignal, tally: CountTally, alpha: number): boolean {
  const line = failingLine(alpha);
  if (strengthOf(tally.tests[0]!) < line) return false;
  const evidence = weigh(tally);
  return evidence.worse >= line || !isShared(signal, tally, evidence, alpha);
}

/** Whether stable suffers too: by its own evidence, or by breaking the bound in the same stretch of time with at least a third of canary's share. */
function isShared(signal: EnvoySignal, tally: CountTally, evidence: CountEvidence, alpha: number): boolean {
  if (signal.max === undefined) return false;
  const { canary, stable } = tally.recent;
  return evidence.stableHarm >= suspiciousLine(alpha) || shareOf(stable) > Math.max(signal.max, shareOf(canary) / 3);
}

/** Whether the trouble is not canary's: stable is worse by the strict line, or both break the bound and canary is not shown to be worse. */
export function isStableWorse(tally: CountTally, evidence: CountEvidence, alpha: number): boolean {
  const line = failingLine(alpha);
  if (tally.failed || evidence.worse >= line) return false;
  return evidence.stableHarm >= line || (tally.mode === 'bound' && evidence.harm >= line);
}

/** `compare` where the plan gives a margin to stable, else `bound`. */
export function modeOf(signal: EnvoySignal): CountTally['mode'] {
  return signal.margin === undefined ? 'bound' : 'compare';
}

/** The share that canary must keep: the plan's own, or what stable has shown and the margin. */
export function allowedShare(signal: EnvoySignal, stable: Counts): number {
  return signal.max ?? Math.min(1, shareOf(stable) + (signal.margin ?? 0));
}

function countIn(signal: EnvoySignal, tally: CountTally, at: number, canary: Counts, stable: Counts): CountTally {
  if (canary.total === 0 && stable.total === 0) return { ...tally, at, trouble: null };
  const tests = testsOf(signal);
  const { pending, worse, better } = compareSides(tests, tally, canary, stable);
  const { recent, drift } = followDrift(tally, canary, stable, allowedShare(signal, tally.stable));
  const [first, second] = tally.tests;
  return {
    kind: 'counts',
    mode: tally.mode,
    ...(tally.sight === undefined ? {} : { sight: tally.sight }),
    ...(tally.callers === undefined ? {} : { callers: tally.callers }),
    canary: addCounts(tally.canary, canary),
    stable: addCounts(tally.stable, stable),
    before: tally.before,
    recent,
    drift,
    pending,
    tests:
      tally.mode === 'compare'
        ? [worse, better]
        : [continueBoundTest(tests.canary, first!, canary), continueBoundTest(tests.stable, second!, stable), worse],
    failed: false,
    trouble: null,
    at,
  };
}

interface Compared {
  readonly pending: CountTally['pending'];
  readonly worse: Evidence;
  readonly better: Evidence;
}

/** Fewer requests than this wait for more before they are compared: it costs no evidence, and little traffic is looked at often. */
const SMALLEST_BLOCK = 8;

/** Requests are compared in blocks that have both sides; a side that is alone waits for the other. What ends a block is never an outcome. */
function compareSides(tests: PreparedTests, tally: CountTally, canary: Counts, stable: Counts): Compared {
  const block = addSides(tally.pending, canary, stable);
  const [worse, better] = tally.mode === 'compare' ? [tally.tests[0]!, tally.tests[1]!] : [tally.tests[2]!, tally.tests[1]!];
  const ready = block.canary.total > 0 && block.stable.total > 0 && block.canary.total + block.stable.total >= SMALLEST_BLOCK;
  if (!ready) {
    if (!isLeftAlone(tally, block)) return { pending: block, worse, better };
    const ceiling = upperShare(tally.stable, STABLE_CONFIDENCE);
    return { pending: NO_SIDES, worse: continuePairAlone(tests.worse, worse, block.canary, ceiling), better };
  }
  const stableHistory = subtractCounts(tally.stable, tally.pending.stable);
  const canaryHistory = subtractCounts(tally.canary, tally.pending.canary);
  return {
    pending: NO_SIDES,
    worse: continuePairTest(tests.worse, worse, block.canary, block.stable, stableHistory),
    better: tally.mode === 'compare' ? continuePairTest(tests.better, better, block.stable, block.canary, canaryHistory) : better,
  };
}

/** Canary's requests in a row without one of stable, after which stable is taken to get none any more. */
const LEFT_ALONE = 50;
/** And this many times as many as its part of the step's requests would leave between two of stable. */
const RARE = 10;
/** How sure it is that stable's share was below what canary is then held to. */
const STABLE_CONFIDENCE = 0.995;

/** Whether stable, which had requests, gets none any more. */
function isLeftAlone(tally: CountTally, { canary, stable }: CountTally['pending']): boolean {
  if (tally.mode !== 'compare' || stable.total > 0 || tally.stable.total === 0) return false;
  const step = inStep(tally);
  const usual = (step.canary.total - tally.pending.canary.total) / Math.max(1, step.stable.total);
  return canary.total >= Math.max(LEFT_ALONE, RARE * usual);
}

/** A CUSUM towards four times the allowed share (Page 1954). While it rests, canary looks healthy and `recent` is empty. */
function followDrift(tally: CountTally, canary: Counts, stable: Counts, allowed: number): Pick<CountTally, 'recent' | 'drift'> {
  const base = Math.min(0.5, Math.max(1e-4, allowed));
  const worse = Math.min(4 * base, (1 + base) / 2);
  const gain = canary.bad * Math.log(worse / base) + (canary.total - canary.bad) * Math.log((1 - worse) / (1 - base));
  const drift = tally.drift + gain;
  if (drift <= 0) return { recent: NO_SIDES, drift: 0 };
  return { recent: addSides(tally.recent, canary, stable), drift };
}

interface PreparedTests {
  readonly canary: BoundTest;
  readonly stable: BoundTest;
  readonly worse: PairTest;
  readonly better: PairTest;
}

const prepared = new WeakMap<EnvoySignal, PreparedTests>();

/** The tests of a signal, prepared at its first use; the same for the same signal. */
function testsOf(signal: EnvoySignal): PreparedTests {
  const known = prepared.get(signal);
  if (known !== undefined) return known;
  const [canary, stable, worse] = TEST_SIZES.bound;
  const [worseByMargin, better] = TEST_SIZES.compare;
  const margin = signal.margin ?? 0;
  const tests = {
    canary: prepareBoundTest(signal.max ?? 1, canary),
    stable: prepareBoundTest(signal.max ?? 1, stable),
    worse: preparePairTest(margin, signal.margin === undefined ? worse : worseByMargin),
    better: preparePairTest(margin, better),
  };
  prepared.set(signal, tests);
  return tests;
}
