import type { EnvoySignal, HttpSignal, ScalarLimits, Signal } from '../core/plan.js';

/** The signals that give one number at a time. */
export type ScalarSignal = Exclude<Signal, EnvoySignal>;

/** How a scalar signal is judged, without when it is measured. */
export type Limits = Omit<ScalarLimits, 'interval'>;

/**
 * The limits of a signal. A probe measures 1 (passed) or 0. The number of passing canary instances fails when it is too low twice in a row: one
 * reading may fall between a check's flip and its return; none left at all is caught elsewhere, and at once.
 */
export function limitsOf(signal: ScalarSignal): Limits {
  if (signal.source === 'consul')
    return { min: signal.minHealthy, failureLimit: Number.POSITIVE_INFINITY, consecutive: 2, errorLimit: 3 };
  return isProbe(signal) ? { ...signal, min: 1 } : signal;
}

/** Whether the signal only passes or fails, by the status of an HTTP answer. */
export function isProbe(signal: Signal): signal is HttpSignal & { readonly json?: undefined } {
  return signal.source === 'http' && signal.json === undefined;
}

/** Whether the signal is judged by thresholds. */
export function isScalar(signal: Signal): signal is ScalarSignal {
  return signal.source !== 'envoy';
}
