import type { ConsulSignal, EnvoySignal, HttpSignal, PrometheusSignal, Signal } from '../../src/core/plan.js';
import type { Counts, Finding, Measurement, Reading } from '../../src/core/verdict.js';
import { judge } from '../../src/judge/judge.js';
import type { SignalTally } from '../../src/judge/tally.js';

export const ERRORS: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 };
export const SLOW: EnvoySignal = { name: 'slow', source: 'envoy', metric: 'latency', over: 500, max: 0.05 };
export const WORSE: EnvoySignal = { name: 'worse', source: 'envoy', metric: 'errors', margin: 0.002 };
export const P95: PrometheusSignal = {
  name: 'p95',
  source: 'prometheus',
  query: 'q',
  max: 0.5,
  interval: 1_000,
  failureLimit: 1,
  errorLimit: 2,
};
export const PROBE: HttpSignal = {
  name: 'probe',
  source: 'http',
  url: 'http://127.0.0.1/',
  method: 'GET',
  interval: 1_000,
  timeout: 100,
  failureLimit: 9,
  consecutive: 2,
  errorLimit: 2,
};
export const SLOWER: PrometheusSignal = {
  name: 'slower',
  source: 'prometheus',
  query: 'q{s="{{subset}}"}',
  compare: { margin: 0, worse: 'higher' },
  interval: 1_000,
  failureLimit: 0,
  errorLimit: 2,
};
export const CHECKS: ConsulSignal = { name: 'checks', source: 'consul', minHealthy: 2 };

export const CONTEXT = { alpha: 0.01, at: 1_790_000_000_000 };

/** Counts as `bad, total`. */
export function counts(bad: number, total: number): Counts {
  return { bad, total };
}

export function readingOf(measurement: Measurement, at: number = CONTEXT.at): Reading {
  return { signal: 'any', at, query: 'query', raw: 'raw', measurement };
}

/** Judges these measurements one after another. */
export function judgeAll(
  signal: Signal,
  measurements: readonly Measurement[],
  from?: SignalTally,
): { readonly tally: SignalTally; readonly finding: Finding } {
  let state: { readonly tally: SignalTally | undefined; readonly finding: Finding | undefined } = {
    tally: from,
    finding: undefined,
  };
  for (const measurement of measurements) state = judge(signal, state.tally, readingOf(measurement), CONTEXT);
  return { tally: state.tally!, finding: state.finding! };
}

/** Judges counts of canary and stable, given as [bad, total] of each. */
export function judgeCounts(
  signal: EnvoySignal,
  looks: readonly (readonly [number, number, number, number])[],
  from?: SignalTally,
) {
  return judgeAll(
    signal,
    looks.map(([bad, total, stableBad, stableTotal]) => ({
      kind: 'counts' as const,
      canary: counts(bad, total),
      stable: counts(stableBad, stableTotal),
    })),
    from,
  );
}
