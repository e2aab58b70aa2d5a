import type { Counts } from '../core/verdict.js';
import { type Evidence, growEvidence } from './evidence.js';
import { logGrid } from './grid.js';

/** A test of "the suspect's share of bad requests is at most the reference's plus `margin`", prepared once. */
export interface PairTest {
  readonly margin: number;
  /** By how much each alternative says that the suspect exceeds the reference and the margin. */
  readonly excess: readonly number[];
}

const LARGEST_SHARE = 0.99;

/** Prepares the test: the alternatives are excesses from half the margin (at least 0.1 %) to 80 %, evenly in the logarithm. */
export function preparePairTest(margin: number, size: number): PairTest {
  return { margin, excess: logGrid(Math.max(margin / 2, 0.001), 0.8, size) };
}

/**
 * The evidence with one more block that has requests on both sides; `history` is what was known of the reference before it.
 *
 * Each alternative bets L on the suspect and the same L on the reference: with a = L/n_suspect, b = L/n_reference and any c - s = margin the factor is
 * the product of 1 + a (y - c) over the suspect's requests and 1 - b (y - s) over the reference's. As ln(1 + x) <= x, the logarithm of its
 * expectation is at most L (p_suspect - p_reference - margin), which is <= 0 under the null. Nothing is assumed of the shares themselves: they
 * may drift together, so an outage that hits both sides is no evidence. L and s are those of the generic e-variable
 * of Turner, Ly, Grünwald (Generic e-variables for exact sequential k-sample tests, 2024) at the alternative's shares.
 */
export function continuePairTest(
  test: PairTest,
  evidence: Evidence,
  suspect: Counts,
  reference: Counts,
  history: Counts,
): Evidence {
  const [n, m] = [suspect.total, reference.total];
  if (n === 0 || m === 0) return evidence;
  const known = (history.bad + 0.5) / (history.total + 100);
  const room = 0.98 - known - test.margin;
  const part = n / (n + m);
  const fine = { suspect: n - suspect.bad, reference: m - reference.bad };
  const factorOf = (alternative: number): number => {
    const excess = Math.min(alternative, room);
    if (excess <= 0) return 1;
    const s = known + excess * part;
    const c = s + test.margin;
    const b = Math.min((excess * part) / (c * (1 - c)), 0.98 / (1 - s));
    const a = (b * m) / n;
    return Math.exp(
      times(suspect.bad, a * (1 - c)) +
        times(fine.suspect, -a * c) +
        times(reference.bad, -b * (1 - s)) +
        times(fine.reference, b * s),
    );
  };
  return growEvidence(evidence, n, test.excess.map(factorOf));
}

/**
 * The evidence with one more block that has requests of the suspect only, where the reference gets none any more: its share is held to be at most
 * `ceiling`, which the reference is known to be below. The factor is a likelihood ratio at that share and the margin, as in a test against a bound.
 */
export function continuePairAlone(test: PairTest, evidence: Evidence, suspect: Counts, ceiling: number): Evidence {
  const bound = Math.min(LARGEST_SHARE, ceiling + test.margin);
  const fine = suspect.total - suspect.bad;
  const factorOf = (alternative: number): number => {
    const share = Math.min(LARGEST_SHARE, bound + alternative);
    return Math.exp(suspect.bad * Math.log(share / bound) + fine * Math.log((1 - share) / (1 - bound)));
  };
  return growEvidence(evidence, suspect.total, test.excess.map(factorOf));
}

/** ln (1 + x)^count; most looks have no bad request, and a logarithm is what costs. */
function times(count: number, x: number): number {
  return count === 0 ? 0 : count * Math.log(1 + x);
}
