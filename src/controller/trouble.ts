/**
 * After Consul answers again only reverts are written for as long as it did not answer, at least and at most so long, ms: every controller may take
 * traffic back before anyone advances, also one that hears of the new leader last. Trouble that soon comes back doubles it.
 */
const REVERTS_FIRST = { least: 1_000, most: 4_000 };

/** Whether Consul can be worked with now. While it cannot, and for one to four seconds after, nothing advances. Times in ms. */
export class Trouble {
  #since: number | undefined;
  #hold = 0;
  #advancesAt = Number.NEGATIVE_INFINITY;

  /** A request failed in a way that may pass. True when that is news. */
  enter(now: number): boolean {
    if (this.#since !== undefined) return false;
    this.#since = now;
    // Trouble that comes and goes must not be met with a burst each time it goes.
    if (now >= this.#advancesAt + REVERTS_FIRST.most) this.#hold = 0;
    return true;
  }

  /** Consul answers again; gives how long it did not. */
  leave(now: number): number {
    const since = this.#since ?? now;
    this.#since = undefined;
    const lasted = now - since;
    const { least, most } = REVERTS_FIRST;
    this.#hold = Math.min(most, Math.max(least, lasted, 2 * this.#hold));
    this.#advancesAt = now + this.#hold;
    return lasted;
  }

  /** Since when Consul does not answer; undefined while it does. */
  get since(): number | undefined {
    return this.#since;
  }

  /** Whether a rollout may advance now. */
  allowsAdvance(now: number): boolean {
    return this.#since === undefined && now >= this.#advancesAt;
  }
}
