import { formatDuration } from './duration.js';
import type { Step } from './plan.js';
import { type BasisPoints, formatPercent } from './weights.js';

/** The steps from one weight to another: straight there, or `by` at a time with a pause of `every` ms after each but the last. Goes down as well. */
export function rampSteps(
  from: BasisPoints,
  to: BasisPoints,
  by: BasisPoints | undefined,
  every: number | undefined,
): readonly Step[] {
  const stride = by === undefined || by <= 0 ? Math.abs(to - from) : by;
  const steps: Step[] = [];
  let at = from;
  while (at !== to) {
    at = to > at ? Math.min(to, at + stride) : Math.max(to, at - stride);
    steps.push({ kind: 'weight', to: at });
    if (at !== to && every !== undefined) steps.push({ kind: 'pause', for: every });
  }
  return steps.length === 0 ? [{ kind: 'weight', to }] : steps;
}

/** The ramp in words: `0% -> 50% by 10% every 1m`. */
export function describeRamp(from: BasisPoints, to: BasisPoints, by: BasisPoints | undefined, every: number | undefined): string {
  const stride = by === undefined ? '' : ` by ${formatPercent(by)}`;
  return `${formatPercent(from)} -> ${formatPercent(to)}${stride}${every === undefined ? '' : ` every ${formatDuration(every)}`}`;
}
