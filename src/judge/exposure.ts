import type { EnvoySignal, Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import { expose } from './expose.js';
import { countSignals, type Scene } from './simulated-traffic.js';

/** A failing canary to try a plan on: from `onset` (ms after the start) it fails this share of its requests; stable fails none. */
export interface Failure {
  readonly errors: number;
  /** Requests a second to the whole service. */
  readonly rps: number;
  readonly onset: number;
}

const GRAIN = 50;

/** The signals of a plan that count failed requests, dry runs left out: only these take back a canary that answers with errors. */
export function errorCounters(plan: Plan): readonly EnvoySignal[] {
  return countSignals(plan).filter(({ metric }) => metric === 'errors');
}

/** What users would feel of a failing canary, over many simulated rollouts. A quantile is null where the rollout at it was not reverted. */
export interface Exposure {
  readonly runs: number;
  readonly reverted: number;
  /** Requests that failed before the revert. */
  readonly failedMedian: number | null;
  readonly failedP95: number | null;
  /** To the revert, from the onset or canary's first weight, whichever is later. */
  readonly secondsMedian: number | null;
  readonly secondsP95: number | null;
  /** Canary's weight at the revert, basis points. */
  readonly weightMedian: number | null;
  /** With nobody watching: requests that would fail on average until the same course ends, and then every minute. */
  readonly unwatched: number;
  readonly unwatchedPerMinute: number;
}

/** Tries the plan on this failure as often as asked; the same numbers from `random` (in [0, 1)) give the same result. */
export function measureExposure(plan: Plan, roles: Roles, failure: Failure, runs: number, random: () => number): Exposure {
  const { errors, rps, onset } = failure;
  const scene = (signals: readonly EnvoySignal[]): Scene => ({
    rps,
    onset,
    streams: [{ bad: { canary: errors, stable: 0 }, signals }],
    grain: GRAIN,
  });
  const unwatched = expose(plan, roles, scene([]), random);
  const signals = errorCounters(plan);
  const watched = scene(signals);
  // Where nothing judges, every rollout is the unwatched one.
  const tried = Array.from({ length: runs }, () => (signals.length === 0 ? unwatched : expose(plan, roles, watched, random)));
  const reverts = tried.filter(({ reverted }) => reverted);
  const failed = quantileOf(
    reverts.map((run) => run.failed),
    runs,
  );
  const after = quantileOf(
    reverts.map((run) => run.after / 1_000),
    runs,
  );
  return {
    runs,
    reverted: reverts.length,
    failedMedian: failed(0.5),
    failedP95: failed(0.95),
    secondsMedian: after(0.5),
    secondsP95: after(0.95),
    weightMedian: quantileOf(
      reverts.map((run) => run.weight),
      runs,
    )(0.5),
    unwatched: Math.round(unwatched.expected),
    unwatchedPerMinute: (60 * rps * errors * unwatched.weight) / 10_000,
  };
}

/** Quantiles among this many runs, of which only some have a value; the others count as beyond every value. */
function quantileOf(values: readonly number[], runs: number): (q: number) => number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return (q) => sorted[Math.min(runs - 1, Math.floor(runs * q))] ?? null;
}
