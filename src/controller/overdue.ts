import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import type { Finding } from '../core/verdict.js';

/** Traffic that has to go back to stable, while Consul does not take the write that would do it. Time in ms. */
export interface Stuck {
  readonly plan: Plan;
  /** The record as it is, and as it was to be. */
  readonly before: Rollout;
  readonly next: Rollout;
  readonly at: number;
  readonly findings: readonly Finding[];
  /** What Consul said last. */
  readonly why: string;
}

/** Consul elects a new leader within a few seconds; what takes longer needs a person, ms. */
const PATIENCE = 10_000;

/** Tells once when a write that takes traffic back has failed for ten seconds. */
export class Overdue {
  readonly #tell: (stuck: Stuck) => void;
  #since: number | undefined;
  #told = false;

  constructor(tell: (stuck: Stuck) => void) {
    this.#tell = tell;
  }

  /** It failed once more. */
  failed(stuck: Stuck): void {
    this.#since ??= stuck.at;
    if (this.#told || stuck.at - this.#since < PATIENCE) return;
    this.#told = true;
    this.#tell(stuck);
  }

  /** A write got through. */
  over(): void {
    this.#since = undefined;
    this.#told = false;
  }
}
