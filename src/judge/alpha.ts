import type { Signal } from '../core/plan.js';

/** The chance that a whole rollout of a healthy version is reverted by mistake, unless the plan says otherwise: 1 %. */
export const ROLLOUT_ALPHA = 0.01;

/** The part of `alpha` that each count signal of a plan may spend (Bonferroni: the shares sum to alpha). Scalar signals spend none. */
export function alphaShare(signals: readonly Signal[], alpha: number = ROLLOUT_ALPHA): number {
  return alpha / Math.max(1, signals.filter((signal) => signal.source === 'envoy').length);
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
  return (1 / alpha) ** 0.25;
}
