import { DEFAULTS } from '../core/defaults.js';
import type { ScalarLimits } from '../core/plan.js';
import { isProbe, type ScalarSignal } from '../core/scalar-signal.js';

/** How a scalar signal is judged, without when it is measured. */
export type Limits = Omit<Required<ScalarLimits>, 'interval' | 'max' | 'min' | 'consecutive'> &
  Pick<ScalarLimits, 'max' | 'min' | 'consecutive'>;

/**
 * The limits of a signal. A probe measures 1 (passed) or 0. The number of passing canary instances fails when it is too low twice in a row: one
 * reading may fall between a check's flip and its return; none left at all is caught elsewhere, and at once.
 */
export function limitsOf(signal: ScalarSignal): Limits {
  const { inconclusiveLimit } = DEFAULTS;
  if (signal.source === 'consul')
    return { min: signal.minHealthy, failureLimit: Number.POSITIVE_INFINITY, consecutive: 2, errorLimit: 3, inconclusiveLimit };
  return { inconclusiveLimit, ...signal, ...(isProbe(signal) ? { min: 1 } : {}) };
}
