import type { Comparison, EnvoySignal, HttpSignal, Signal } from './plan.js';

/** The signals that give one number at a time. */
export type ScalarSignal = Exclude<Signal, EnvoySignal>;

/** Those among them whose numbers are compared with stable's. */
export type ComparingSignal = ScalarSignal & { readonly compare: Comparison };

/** Whether the signal gives numbers rather than counts. */
export function isScalar(signal: Signal): signal is ScalarSignal {
  return signal.source !== 'envoy';
}

/** Whether the signal only passes or fails, by the status of an HTTP answer. */
export function isProbe(signal: Signal): signal is HttpSignal & { readonly json?: undefined } {
  return signal.source === 'http' && signal.json === undefined;
}

/** Whether the numbers of the signal are compared with stable's instead of being held against a threshold. */
export function isComparing(signal: Signal): signal is ComparingSignal {
  return 'compare' in signal && signal.compare !== undefined;
}
