import type { EnvoySignal, Signal } from './plan.js';

/** At most 1 % of canary's answers may be failures: class 5xx, or a gRPC status that is the server's fault. */
const DEFAULT_ERRORS: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 };

/** Callers hang up on healthy versions too, so what canary leaves without an answer is held against stable's share. */
const DEFAULT_UNANSWERED: EnvoySignal = { name: 'unanswered', source: 'envoy', metric: 'unanswered', margin: 0.01 };

/** What a ramp without a plan watches where a caller's sidecar can be read. */
export const DEFAULT_SIGNALS: readonly EnvoySignal[] = [
  DEFAULT_ERRORS,
  DEFAULT_UNANSWERED,
  { name: '4xx', source: 'envoy', metric: 'codes', codes: ['4xx'], margin: 0.01 },
];

/** And where only instances' sidecars can be read: they tell how requests were answered, not which were sent. */
export const SIGNALS_OF_INSTANCES: readonly EnvoySignal[] = [DEFAULT_ERRORS];

/** The signals, and with errors that may revert, if none of them judges unanswered requests, one that does. */
export function watchUnanswered(signals: readonly Signal[]): readonly Signal[] {
  const counted = signals.filter((signal) => signal.source === 'envoy');
  const judgesErrors = counted.some(({ metric, dryRun }) => metric === 'errors' && dryRun !== true);
  if (!judgesErrors || counted.some(({ metric }) => metric === 'unanswered')) return signals;
  const taken = new Set(signals.map(({ name }) => name));
  let { name } = DEFAULT_UNANSWERED;
  for (let i = 2; taken.has(name); i++) name = `${DEFAULT_UNANSWERED.name}-${i}`;
  return [...signals, { ...DEFAULT_UNANSWERED, name }];
}
