import { failingLine } from './alpha.js';
import { type BoundTest, continueBoundTest, testAgainst } from './bound-test.js';
import { type Evidence, freshEvidence, growEvidence, strengthOf } from './evidence.js';
import { logGrid } from './grid.js';

/** Alternatives of the test. */
export const SIGN_TEST_SIZE = 3;

/** Measurements are few where requests are many: each moves the starts on by as much as this many requests do. */
const CLOCK = 10_000;
/** The starts of so many measurements join at once, so that a canary that is worse from the beginning is found soon. */
const HEAD_START = 15;

const HALF = 0.5;

/** Against "canary is worse in at most every second pair": that it is worse in 67 %, 89 % or 97 % of them. */
const TEST: BoundTest = testAgainst(HALF, logGrid(2, 32, SIGN_TEST_SIZE));

/**
 * The evidence of a sign test before the first pair. At each pair without a tie the test bets on "worse" at odds of one to one, so its wealth grows
 * on average only if worse pairs come more often than not. Arbuthnot (1710) asked so; Ville (1939) made it hold at every look.
 */
export function beginSignTest(): Evidence {
  return growEvidence(
    freshEvidence(SIGN_TEST_SIZE),
    HEAD_START * CLOCK,
    Array.from({ length: SIGN_TEST_SIZE }, () => 1),
  );
}

/** The evidence with one more pair that is no tie. */
export function continueSignTest(evidence: Evidence, isWorse: boolean): Evidence {
  return continueBoundTest(TEST, evidence, { bad: isWorse ? 1 : 0, total: 1 }, CLOCK);
}

/** The clock of the evidence after so many pairs. */
export function signTestClock(pairs: number): number {
  return (HEAD_START + pairs) * CLOCK;
}

/** How many pairs are needed at least to fail: all of them worse, from the first on. */
export function leastPairs(alpha: number): number {
  let evidence = beginSignTest();
  let pairs = 0;
  for (; strengthOf(evidence) < failingLine(alpha); pairs++) evidence = continueSignTest(evidence, true);
  return pairs;
}
