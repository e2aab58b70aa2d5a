import { DEFAULTS } from '../core/defaults.js';
import type { Comparison, ConsulSignal, HttpSignal, PrometheusSignal, ScalarLimits, Signal } from '../core/plan.js';

/** The signals that give one number at a time. */
export type ScalarSignal = PrometheusSignal | HttpSignal | ConsulSignal;

/** Those among them whose numbers are compared with stable's. */
export type ComparingSignal = ScalarSignal & { readonly compare: Comparison };

/** How a scalar signal is judged, without when it is measured. */
export type Limits = Omit<Required<ScalarLimits>, 'interval' | 'max' | 'min' | 'consecutive'> &
  Pick<ScalarLimits, 'max' | 'min' | 'consecutive'>;

/**
 * The limits of a signal. A probe measures 1 (passed) or 0. The number of passing canary instances fails when it is too low twice in a row: one
 * reading may fall between a check's flip and its return; none left at all is caught elsewhere, and at once.
 */
export function limitsOf(signal: ScalarSignal): Limits {
  switch (signal.source) {
    case 'prometheus':
      return { inconclusiveLimit: DEFAULTS.inconclusiveLimit, ...signal };
    case 'http':
      return { inconclusiveLimit: DEFAULTS.inconclusiveLimit, ...signal, min: 1 };
    case 'consul':
      return {
        min: signal.minHealthy,
        failureLimit: Number.POSITIVE_INFINITY,
        consecutive: 2,
        errorLimit: 3,
        inconclusiveLimit: DEFAULTS.inconclusiveLimit,
      };
  }
}

/** Whether the signal gives numbers rather than counts. */
export function isScalar(signal: Signal): signal is ScalarSignal {
  return signal.source !== 'envoy';
}

/** Whether the numbers of the signal are compared with stable's instead of being held against a threshold. */
export function isComparing(signal: Signal): signal is ComparingSignal {
  return 'compare' in signal && signal.compare !== undefined;
}
