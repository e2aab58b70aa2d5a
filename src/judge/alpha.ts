import type { Signal } from '../core/plan.js';
import { isComparing, isScalar } from '../core/scalar-signal.js';

/** The chance that a whole rollout of a healthy version is reverted by mistake, unless the plan says otherwise: 1 %. */
export const ROLLOUT_ALPHA = 0.01;

/**
 * The part of `alpha` that a signal of a plan may spend (Bonferroni: the shares sum to alpha). Those that are judged by a test share it evenly; thresholds
 * spend none. A dry run reverts nothing, so it takes nothing from the others and is judged as if it were alone.
 */
export function alphaShare(signal: Signal, signals: readonly Signal[], alpha: number = ROLLOUT_ALPHA): number {
  if (signal.dryRun === true) return alpha;
  return alpha / Math.max(1, signals.filter((one) => one.dryRun !== true && (!isScalar(one) || isComparing(one))).length);
}

/** The evidence that fails a signal: 1/alpha. */
export function failingLine(alpha: number): number {
  return 1 / alpha;
}

/**
 * The evidence from which on a signal no longer passes a step, though it does not fail yet: the fourth root of the failing line, 3.2 of 100. A
 * healthy canary crosses it now and then, waits for some more requests, and goes on.
 */
export function suspiciousLine(alpha: number): number {
  return Math.sqrt(Math.sqrt(1 / alpha));
}

/** The chance that a caller that follows is called stale by mistake, over a whole rollout and all its callers: it costs a wait, and no rollout. */
export const SPLIT_ALPHA = 0.01;

/** The parts of a whole that those of unknown number get, one after the other: 1/(n(n+1)), which sum to 1. */
export function partOf(n: number): number {
  return 1 / (n * (n + 1));
}

/** The part of the `index`-th of those (0 first) of whom `known` were expected: half is shared evenly by these, the rest goes to whoever comes later. */
export function partAmong(index: number, known: number): number {
  return index < known ? 1 / (2 * known) : partOf(index - known + 1) / 2;
}
