import { ExponentialBackoff, type IBackoff } from 'cockatiel';

/** Waits between tries, ms: they grow from `initial` to `most` with jitter, so that many who failed at once do not come back at once. */
export class Backoff {
  readonly #factory: ExponentialBackoff<unknown>;
  #last: IBackoff<unknown> | undefined;

  constructor(initial: number, most: number) {
    this.#factory = new ExponentialBackoff({ initialDelay: initial, maxDelay: most });
  }

  /** How long to wait before the next try. */
  next(): number {
    this.#last = this.#last === undefined ? this.#factory.next() : this.#last.next(undefined);
    return this.#last.duration;
  }

  /** Says that a try went well. */
  reset(): void {
    this.#last = undefined;
  }
}
