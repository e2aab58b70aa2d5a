import type { Comparison, EnvoySignal, ExecSignal, HttpSignal, Signal } from './plan.js';

/** The signals that give one number at a time. */
export type ScalarSignal = Exclude<Signal, EnvoySignal>;

/** Those among them whose numbers are compared with stable's. */
export type ComparingSignal = ScalarSignal & { readonly compare: Comparison };

/** Whether the signal gives numbers rather than counts. */
export function isScalar(signal: Signal): signal is ScalarSignal {
  return signal.source !== 'envoy';
}

/** The signals that only pass or fail, by the status of an HTTP answer or the exit of a program. */
export type ProbeSignal = (HttpSignal & { readonly json?: undefined }) | ExecSignal;

/** Whether the signal only passes or fails. */
export function isProbe(signal: Signal): signal is ProbeSignal {
  if (signal.source === 'exec') return signal.max === undefined && signal.min === undefined;
  return signal.source === 'http' && signal.json === undefined;
}

/** Whether the numbers of the signal are compared with stable's instead of being held against a threshold. */
export function isComparing(signal: Signal): signal is ComparingSignal {
  return 'compare' in signal && signal.compare !== undefined;
}
