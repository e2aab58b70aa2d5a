import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports.js';
import { Backoff } from './backoff.js';
import { Trouble } from './trouble.js';

const PROBE = { first: 250, last: 2_000 };

/** How a controller asks whether Consul answers again, and whom it tells. */
export interface RecoveryParts {
  readonly clock: Clock;
  /** Throws as long as Consul cannot answer with a quorum. */
  probe(): Promise<void>;
  /** Whether a failure of Consul may pass by itself. */
  readonly isPassing: (error: unknown) => boolean;
  /** Consul does not answer any more. */
  onTrouble(message: string): void;
  /** Consul answers again; nothing has been told of it yet. */
  beforeCalm(): void;
  /** Consul answers again, after so many ms. */
  onCalm(after: number): void;
}

/** Knows whether Consul can be worked with, and asks until it can. Times in ms. */
export class Recovery {
  readonly #parts: RecoveryParts;
  readonly #trouble = new Trouble();
  readonly #stop: AbortSignal;
  #probing: Promise<void> | undefined;

  constructor(parts: RecoveryParts, stop: AbortSignal) {
    this.#parts = parts;
    this.#stop = stop;
  }

  /** Since when Consul does not answer; undefined while it does. */
  get since(): number | undefined {
    return this.#trouble.since;
  }

  /** Whether a rollout may advance now. */
  allowsAdvance(now: number): boolean {
    return this.#trouble.allowsAdvance(now);
  }

  /** Takes note of a failure that may pass: from now on Consul is asked until it answers. */
  enter(error: Error): void {
    if (this.#trouble.enter(this.#parts.clock.now())) this.#parts.onTrouble(error.message);
    this.#probing ??= this.#probe().finally(() => {
      this.#probing = undefined;
    });
  }

  /** Takes note that Consul has answered. */
  leave(): void {
    if (this.since === undefined) return;
    this.#parts.beforeCalm();
    this.#parts.onCalm(this.#trouble.leave(this.#parts.clock.now()));
  }

  /** Reverts that are due are tried meanwhile by their own turns. */
  async #probe(): Promise<void> {
    const backoff = new Backoff(PROBE.first, PROBE.last);
    while (this.since !== undefined && !this.#stop.aborted) {
      await sleep(backoff.next(), undefined, { signal: this.#stop }).catch(() => undefined);
      try {
        await this.#parts.probe();
      } catch (error) {
        if (this.#parts.isPassing(error)) continue;
      }
      this.leave();
    }
  }
}
