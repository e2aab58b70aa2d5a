import type { EnvoySignal } from '../../src/core/plan.js';
import type { Counts } from '../../src/core/verdict.js';
import { poisson, seeded } from '../judge/random.js';
import { BOUND, createSplitter, createWindowGate, type Gate } from './judgement-gates.js';

/** One situation to simulate many times. Rates per second, shares of bad requests, times in seconds. */
export interface Task {
  readonly family: 'bound' | 'compare';
  readonly rps: number;
  readonly errors: number;
  /** Seconds of health (0.3 %) before `errors` begins; 0: from the first request. */
  readonly onset: number;
  readonly seconds: number;
  /** splitter's looks a second after the onset; before it, and for the window gates, one. */
  readonly looks: number;
  readonly stable: { readonly rps: number; readonly errors: number };
  /** Only splitter: the long watches. */
  readonly alone: boolean;
  /** At or under the bound: every revert is a false one. */
  readonly healthy: boolean;
  readonly runs: number;
  readonly seed: number;
}

/** One line of the result. `falseReverts` where the canary is healthy, the rest where it is not; `caught` of the runs that reached the onset. */
export interface Cell {
  readonly gate: string;
  readonly rps: number;
  readonly errors: number;
  readonly onset: number;
  readonly seconds: number;
  readonly looks: number;
  readonly stableErrors: number | null;
  readonly runs: number;
  readonly falseReverts: number | null;
  readonly caught: number | null;
  readonly failedMedian: number | null;
  readonly failedP95: number | null;
  readonly secondsMedian: number | null;
}

const HEALTH = 0.003;
const ALPHA = 0.01;
const BY_BOUND: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: BOUND };
const BY_MARGIN: EnvoySignal = { name: 'worse', source: 'envoy', metric: 'errors', margin: 0.002 };

const GATES: Readonly<Record<Task['family'], Readonly<Record<string, () => Gate>>>> = {
  bound: {
    splitter: () => createSplitter(BY_BOUND, ALPHA),
    'every 10s over 1m, 3 in a row': () => createWindowGate({ every: 10, window: 60, strikes: 3, inRow: true }),
    'every 30s over 5m, first red': () => createWindowGate({ every: 30, window: 300, strikes: 1 }),
    'every 60s over 2m, first red': () => createWindowGate({ every: 60, window: 120, strikes: 1 }),
    'every 60s over 1m, 5 strikes': () => createWindowGate({ every: 60, window: 60, strikes: 5 }),
    'every 60s over 1m, 10 strikes': () => createWindowGate({ every: 60, window: 60, strikes: 10 }),
  },
  compare: {
    'splitter, with stable': () => createSplitter(BY_MARGIN, ALPHA),
    'with stable, every 30s over 5m': () => createWindowGate({ every: 30, window: 300, strikes: 1, margin: 0.002 }),
    'with stable, every 60s over 1m, 5 strikes': () => createWindowGate({ every: 60, window: 60, strikes: 5, margin: 0.002 }),
  },
};

interface Outcome {
  readonly at: number;
  readonly failed: number;
}

/** Runs the situation as often as it says; every gate sees the same requests. */
export function simulate(task: Task): readonly Cell[] {
  const gates = Object.entries(GATES[task.family]).filter(([name]) => !task.alone || name.startsWith('splitter'));
  const outcomes = gates.map((): (Outcome | undefined)[] => []);
  const random = seeded(task.seed);
  for (let run = 0; run < task.runs; run++) {
    const reverts = simulateOnce(
      task,
      random,
      gates.map(([, create]) => create()),
    );
    for (const [i, revert] of reverts.entries()) outcomes[i]!.push(revert);
  }
  return gates.map(([name], i) => summarise(task, name, outcomes[i]!));
}

/** When each gate reverted, in seconds from the onset, and how many canary requests had failed since then; undefined where it did not. */
function simulateOnce(task: Task, random: () => number, gates: readonly Gate[]): readonly (Outcome | undefined)[] {
  const reverts = new Array<Outcome | undefined>(gates.length).fill(undefined);
  let failed = 0;
  for (let second = -task.onset; second < task.seconds && reverts.includes(undefined); second++) {
    const bad = second >= 0;
    const looks = bad && reverts[0] === undefined ? task.looks : 1;
    const sum = { canary: { bad: 0, total: 0 }, stable: { bad: 0, total: 0 } };
    for (let look = 1; look <= looks; look++) {
      const canary = draw(random, task.rps / looks, bad ? task.errors : HEALTH);
      const stable = draw(random, task.stable.rps / looks, bad ? task.stable.errors : HEALTH);
      if (bad) failed += canary.bad;
      const at = second + look / looks;
      if (reverts[0] === undefined && gates[0]!.look(canary, stable, at + task.onset)) reverts[0] = { at, failed };
      accumulate(sum.canary, canary);
      accumulate(sum.stable, stable);
    }
    for (let i = 1; i < gates.length; i++) {
      if (reverts[i] === undefined && gates[i]!.look(sum.canary, sum.stable, second + 1 + task.onset))
        reverts[i] = { at: second + 1, failed };
    }
  }
  return reverts;
}

function draw(random: () => number, mean: number, share: number): Counts {
  if (mean === 0) return { bad: 0, total: 0 };
  const bad = poisson(random, mean * share);
  return { bad, total: bad + poisson(random, mean * (1 - share)) };
}

function accumulate(sum: { bad: number; total: number }, counts: Counts): void {
  sum.bad += counts.bad;
  sum.total += counts.total;
}

function summarise(task: Task, gate: string, outcomes: readonly (Outcome | undefined)[]): Cell {
  const { rps, errors, onset, seconds, looks, runs } = task;
  const stableErrors = task.stable.rps > 0 ? task.stable.errors : null;
  const base = { gate, rps, errors, onset, seconds, looks, stableErrors, runs };
  if (task.healthy) {
    const reverted = outcomes.filter((outcome) => outcome !== undefined).length;
    return { ...base, falseReverts: reverted / runs, caught: null, failedMedian: null, failedP95: null, secondsMedian: null };
  }
  const reached = outcomes.filter((outcome) => outcome === undefined || outcome.at > 0);
  const caught = reached.filter((outcome) => outcome !== undefined);
  const failed = quantiles(reached.map((outcome) => outcome?.failed ?? Number.POSITIVE_INFINITY));
  const time = quantiles(reached.map((outcome) => outcome?.at ?? Number.POSITIVE_INFINITY));
  return {
    ...base,
    falseReverts: null,
    caught: reached.length === 0 ? null : caught.length / reached.length,
    failedMedian: failed(0.5),
    failedP95: failed(0.95),
    secondsMedian: time(0.5),
  };
}

/** The quantiles of some numbers; null where the quantile is a run that was never caught, or there is no run. */
function quantiles(values: readonly number[]): (q: number) => number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return (q) => {
    const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
    return value === undefined || !Number.isFinite(value) ? null : value;
  };
}
