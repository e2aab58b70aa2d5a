import type { Counts } from '../core/verdict.js';
import { type Evidence, growEvidence } from './evidence.js';
import { logGrid } from './grid.js';

/** A test of "the true share of bad requests is at most `bound`" against higher shares, prepared once. */
export interface BoundTest {
  /** What one bad and one good request add to the logarithm of each alternative's likelihood ratio. */
  readonly bad: readonly number[];
  readonly good: readonly number[];
}

const SMALLEST_BOUND = 1e-6;
const LARGEST_BOUND = 0.99;

/**
 * Prepares the test. The alternatives are shares whose odds run from 1.6 times the bound's to 1.5 (60 %), denser at the lower end, where neighbours
 * are harder to tell apart. The factor of a
 * look with k bad of n is (p/b)^k ((1-p)/(1-b))^(n-k): a likelihood ratio at the bound b, and a supermartingale at any share
 * below it. Wald (1945); Robbins (1970); Lindon, Sanden, Shirikian: Rapid regression detection in software deployments (2022).
 */
export function prepareBoundTest(bound: number, size: number): BoundTest {
  const b = Math.min(LARGEST_BOUND, Math.max(SMALLEST_BOUND, bound));
  const odds = b / (1 - b);
  return testAgainst(b, logGrid(odds * 1.6, Math.max(1.5, odds * 8), size, 2));
}

/** The same test against alternatives of one's own, given as odds. */
export function testAgainst(bound: number, odds: readonly number[]): BoundTest {
  const alternatives = odds.map((o) => o / (1 + o));
  return {
    bad: alternatives.map((p) => Math.log(p / bound)),
    good: alternatives.map((p) => Math.log((1 - p) / (1 - bound))),
  };
}

/** Factors of small batches, which come again and again: looked up instead of worked out. */
const SMALL = 32;
const known = new WeakMap<BoundTest, (readonly number[] | undefined)[]>();

function factorsOf(test: BoundTest, bad: number, good: number): readonly number[] {
  const work = (): readonly number[] => test.bad.map((gain, i) => Math.exp(bad * gain + good * test.good[i]!));
  if (bad >= SMALL || good >= SMALL) return work();
  let kept = known.get(test);
  if (kept === undefined) {
    kept = [];
    known.set(test, kept);
  }
  const at = bad * SMALL + good;
  kept[at] ??= work();
  return kept[at];
}

/** The evidence with one more batch of requests; only its sums matter, not the order inside it. `clock`: how far the starts move on. */
export function continueBoundTest(test: BoundTest, evidence: Evidence, counts: Counts, clock: number = counts.total): Evidence {
  if (counts.total === 0) return evidence;
  return growEvidence(evidence, clock, factorsOf(test, counts.bad, counts.total - counts.bad));
}
