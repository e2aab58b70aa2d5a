/** So many services' instances are looked up a second, and so many at once: each takes three requests of Consul, and after an outage all are due. */
const PER_SECOND = 5;

/** Spreads the looking up of instances over all services that one program watches. Times in ms by the clock that is given. */
export class LookupBudget {
  readonly #now: () => number;
  #left = PER_SECOND;
  #at = Number.NEGATIVE_INFINITY;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether one more may be looked up now; that counts as looked up. */
  take(): boolean {
    const now = this.#now();
    // A clock that was set back must not stop everything until it is where it was.
    const passed = Number.isFinite(this.#at) ? Math.abs(now - this.#at) : 0;
    this.#left = Math.min(PER_SECOND, this.#left + (passed * PER_SECOND) / 1_000);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
