import { type Leg, weightOf } from './legs.js';
import type { Agreement } from './observation.js';
import { WHOLE } from './weights.js';

/** Requests by subset in a stretch of time after a weight was stored. */
export type RequestCounts = Readonly<Record<string, number>>;

/** Standard errors that an observed share may be off before it counts as different; at 4 a weight in force is misjudged once in 16,000 looks. */
const TOLERANCE = 4;

/** Fewer requests than this say nothing about a share. */
const ENOUGH = 20;

/** Whether the counted requests can have come from these weights (normal approximation of the binomial, with a floor of half a request). */
export function compareShares(asked: readonly Leg[], counts: RequestCounts): Exclude<Agreement, 'unknown'> {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total < ENOUGH) return 'pending';
  const fits = asked.every(({ subset }) => {
    const share = weightOf(asked, subset) / WHOLE;
    const error = Math.sqrt(total * share * (1 - share));
    return Math.abs((counts[subset] ?? 0) - total * share) <= TOLERANCE * error + 0.5;
  });
  return fits ? 'agrees' : 'differs';
}
