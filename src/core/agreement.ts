import { type Leg, ownLegs, weightOf } from './legs.js';
import type { Agreement } from './observation.js';
import type { Route } from './plan.js';

/** Requests by subset in a stretch of time after a weight was stored. */
export type RequestCounts = Readonly<Record<string, number>>;

/** Standard errors that an observed share may be off before it counts as different; at 4 a weight in force is misjudged once in 16,000 looks. */
const TOLERANCE = 4;

/** Fewer requests than this say nothing about a share. */
const ENOUGH = 20;

/** What the sidecars' counts can show of the weights: all of it; that canary gets at least its share, since testers' requests come on top; or nothing, since users stay where they are. */
export type Measurable = 'exactly' | 'at-least' | 'not';

/** What can be measured under a plan with this route. */
export function measurable(route: Route | undefined): Measurable {
  if (route?.sticky !== undefined) return 'not';
  return route === undefined ? 'exactly' : 'at-least';
}

/** Whether the counted requests can have come from these weights (normal approximation of the binomial, with a floor of half a request); with `canary`, only that it got no less than its share. */
export function compareShares(
  asked: readonly Leg[],
  counts: RequestCounts,
  canary: string | undefined = undefined,
): Exclude<Agreement, 'unknown'> {
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total < ENOUGH) return 'pending';
  // What goes to another service is counted there.
  const own = ownLegs(asked);
  const whole = own.reduce((sum, { weight }) => sum + weight, 0);
  const fits = own.every(({ subset }) => {
    if (canary !== undefined && subset !== canary) return true;
    const share = whole === 0 ? 0 : weightOf(own, subset) / whole;
    const error = Math.sqrt(total * share * (1 - share));
    const off = (counts[subset] ?? 0) - total * share;
    return (canary === undefined ? Math.abs(off) : -off) <= TOLERANCE * error + 0.5;
  });
  return fits ? 'agrees' : 'differs';
}
