import { goodFinding } from '../core/course.js';
import type { EnvoySignal, Plan, Signal } from '../core/plan.js';
import type { Counts, Finding } from '../core/verdict.js';
import { addToCountTally } from './count-signal.js';
import { alphaShare, findingOf } from './judge.js';
import { drawPoisson } from './poisson.js';
import { startStep, type Tally } from './tally.js';

/** A failing canary to try a plan on: from `onset` (ms after the start) it fails this share of its requests; stable fails none. */
export interface Failure {
  readonly errors: number;
  /** Requests a second to the whole service; each subset gets its weight of them. */
  readonly rps: number;
  readonly onset: number;
}

/** Shares of all requests, 0 to 1. */
export interface Shares {
  readonly canary: number;
  readonly stable: number;
}

/** The signals of a plan that count failed requests, dry runs left out: only these take back a canary that answers with errors. */
export function errorCounters(plan: Plan): readonly EnvoySignal[] {
  return plan.signals
    .filter((signal) => signal.source === 'envoy')
    .filter(({ metric, dryRun }) => metric === 'errors' && dryRun !== true);
}

/** Requests of a simulated rollout, drawn from `random`, and what the judge makes of them. */
export class SimulatedTraffic {
  readonly #plan: Plan;
  readonly #signals: readonly EnvoySignal[];
  readonly #failure: Failure;
  readonly #random: () => number;
  #tally: Tally = {};
  #failed = 0;
  #expected = 0;

  /** `signals`: those that are judged; all others have nothing to complain of. */
  constructor(plan: Plan, signals: readonly EnvoySignal[], failure: Failure, random: () => number) {
    this.#plan = plan;
    this.#signals = signals;
    this.#failure = failure;
    this.#random = random;
  }

  /** Draws the requests from one moment to the next (ms; not across the onset) and judges them. */
  pass(from: number, to: number, shares: Shares): void {
    const { errors, rps, onset } = this.#failure;
    const requests = (rps * (to - from)) / 1_000;
    const share = from >= onset ? errors : 0;
    const canary = this.#draw(requests * shares.canary, share);
    const stable = this.#draw(requests * shares.stable, 0);
    this.#failed += canary.bad;
    this.#expected += requests * shares.canary * share;
    for (const signal of this.#signals) {
      const known = this.#tally[signal.name];
      const reading = {
        signal: signal.name,
        at: to,
        query: '',
        raw: '',
        measurement: { kind: 'counts', canary, stable },
      } as const;
      const next = addToCountTally(signal, known?.kind === 'counts' ? known : undefined, reading, this.#alphaOf(signal));
      this.#tally = { ...this.#tally, [signal.name]: next };
    }
  }

  /** What the judge says now. */
  findings(at: number): readonly Finding[] {
    return this.#plan.signals.map((signal) => {
      if (!this.#signals.some((one) => one === signal)) return goodFinding(signal);
      return findingOf(signal, this.#tally[signal.name], { alpha: this.#alphaOf(signal), at });
    });
  }

  /** Whether a signal has failed. */
  get hasFailed(): boolean {
    return Object.values(this.#tally).some((entry) => entry.failed);
  }

  /** Starts the counts of a new step. */
  startStep(): void {
    this.#tally = startStep(this.#tally);
  }

  /** Requests of canary that failed. */
  get failed(): number {
    return this.#failed;
  }

  /** How many would fail on average. */
  get expected(): number {
    return this.#expected;
  }

  #alphaOf(signal: Signal): number {
    return alphaShare(signal, this.#plan.signals);
  }

  #draw(mean: number, share: number): Counts {
    const bad = share === 0 ? 0 : drawPoisson(this.#random, mean * share);
    return { bad, total: bad + drawPoisson(this.#random, mean * (1 - share)) };
  }
}
