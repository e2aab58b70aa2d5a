import { goodFinding } from '../core/course.js';
import type { EnvoySignal, Plan, Signal } from '../core/plan.js';
import type { Counts, Finding } from '../core/verdict.js';
import { addToCountTally, weigh } from './count-signal.js';
import { alphaShare, findingOf } from './judge.js';
import { drawPoisson } from './poisson.js';
import { startStep, type Tally } from './tally.js';

/** Shares of all requests, 0 to 1. */
export interface Shares {
  readonly canary: number;
  readonly stable: number;
}

/** One way in which requests are bad: the true shares of bad ones on both sides, and the signals that count exactly these. */
export interface Stream {
  readonly bad: Shares;
  readonly signals: readonly EnvoySignal[];
}

/** What a plan is tried on. */
export interface Scene {
  /** Requests a second to the whole service; each subset gets its weight of them. */
  readonly rps: number;
  /** Until then (ms after the start) no request is bad. */
  readonly onset: number;
  readonly streams: readonly Stream[];
  /** Looks are this part (1/grain) of the time since the last change apart, at least a second: a long watch costs little, and is exact in proportion. */
  readonly grain: number;
}

/** The signals of a plan that count requests, dry runs left out: only these can be tried on simulated traffic, and take canary back. */
export function countSignals(plan: Plan): readonly EnvoySignal[] {
  return plan.signals.filter((signal) => signal.source === 'envoy').filter(({ dryRun }) => dryRun !== true);
}

/** Evidence that began as 1 and may fail a signal within moments, at 100 or more. */
const NEAR = 2;

/** Requests of a simulated rollout, drawn from `random`, and what the judge makes of them; each stream has its own requests. */
export class SimulatedTraffic {
  readonly #plan: Plan;
  readonly #signals: readonly EnvoySignal[];
  readonly #scene: Scene;
  readonly #random: () => number;
  #tally: Tally = {};
  #failed = 0;
  #expected = 0;

  /** The signals of the streams are judged; all others of the plan have nothing to complain of. */
  constructor(plan: Plan, scene: Scene, random: () => number) {
    this.#plan = plan;
    this.#signals = scene.streams.flatMap(({ signals }) => signals);
    this.#scene = scene;
    this.#random = random;
  }

  /** Draws the requests from one moment to the next (ms; not across the onset) and judges them. */
  pass(from: number, to: number, shares: Shares): void {
    const { rps, onset, streams } = this.#scene;
    const requests = (rps * (to - from)) / 1_000;
    const tally: Record<string, Tally[string]> = { ...this.#tally };
    for (const { bad, signals } of streams) {
      const [badCanary, badStable] = from >= onset ? [bad.canary, bad.stable] : [0, 0];
      const canary = this.#draw(requests * shares.canary, badCanary);
      const stable = this.#draw(requests * shares.stable, badStable);
      this.#failed += canary.bad;
      this.#expected += requests * shares.canary * badCanary;
      for (const signal of signals) {
        const known = tally[signal.name];
        const reading = {
          signal: signal.name,
          at: to,
          query: '',
          raw: '',
          measurement: { kind: 'counts', canary, stable },
        } as const;
        tally[signal.name] = addToCountTally(
          signal,
          known?.kind === 'counts' ? known : undefined,
          reading,
          this.#alphaOf(signal),
        );
      }
    }
    this.#tally = tally;
  }

  /** What the judge says now. */
  findings(at: number): readonly Finding[] {
    return this.#plan.signals.map((signal) => {
      if (!this.#signals.some((one) => one === signal)) return goodFinding(signal);
      return findingOf(signal, this.#tally[signal.name], { alpha: this.#alphaOf(signal), at });
    });
  }

  /** The signals that have failed, by name. */
  get failedSignals(): readonly string[] {
    return this.#signals.flatMap(({ name }) => (this.#tally[name]?.failed === true ? name : []));
  }

  /** Whether a signal has failed. */
  get hasFailed(): boolean {
    return this.#signals.some(({ name }) => this.#tally[name]?.failed === true);
  }

  /** Whether some evidence of harm is so strong that the next moments may decide: looks must be close together then. */
  get isNear(): boolean {
    return this.#signals.some(({ name }) => {
      const known = this.#tally[name];
      return known?.kind === 'counts' && weigh(known).harm >= NEAR;
    });
  }

  /** Starts the counts of a new step. */
  startStep(): void {
    this.#tally = startStep(this.#tally);
  }

  /** Requests of canary that were bad, over all streams. */
  get failed(): number {
    return this.#failed;
  }

  /** How many would be bad on average. */
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
