/** So many services' instances are looked up a second, and so many at once: each takes three requests of Consul, and after an outage all are due. Who looks for the first time waits for none of those who look again. */
const PER_SECOND = { first: 10, again: 5 };

interface Left {
  count: number;
  at: number;
}

/** Spreads the looking up of instances over all services that one program watches. Times in ms by the clock that is given. */
export class LookupBudget {
  readonly #now: () => number;
  readonly #left: Readonly<Record<keyof typeof PER_SECOND, Left>>;

  constructor(now: () => number) {
    this.#now = now;
    const full = (count: number): Left => ({ count, at: Number.NEGATIVE_INFINITY });
    this.#left = { first: full(PER_SECOND.first), again: full(PER_SECOND.again) };
  }

  /** Whether one more may be looked up now, for the first time or again; that counts as looked up. */
  take(which: keyof typeof PER_SECOND): boolean {
    const now = this.#now();
    const left = this.#left[which];
    // A clock that was set back must not stop everything until it is where it was.
    const passed = Number.isFinite(left.at) ? Math.abs(now - left.at) : 0;
    left.count = Math.min(PER_SECOND[which], left.count + (passed * PER_SECOND[which]) / 1_000);
    left.at = now;
    if (left.count < 1) return false;
    left.count--;
    return true;
  }
}
