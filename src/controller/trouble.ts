/** After Consul answers again, this long only reverts are written: every controller may take traffic back before anyone advances, ms. */
const REVERTS_FIRST = 1_000;

/** Whether Consul can be worked with now. While it cannot, and for a second after, nothing advances. Times in ms. */
export class Trouble {
  #since: number | undefined;
  #calmAt = Number.NEGATIVE_INFINITY;

  /** A request failed in a way that may pass. True when that is news. */
  enter(now: number): boolean {
    if (this.#since !== undefined) return false;
    this.#since = now;
    return true;
  }

  /** Consul answers again; gives how long it did not. */
  leave(now: number): number {
    const since = this.#since ?? now;
    this.#since = undefined;
    this.#calmAt = now;
    return now - since;
  }

  /** Since when Consul does not answer; undefined while it does. */
  get since(): number | undefined {
    return this.#since;
  }

  /** Whether a rollout may advance now. */
  allowsAdvance(now: number): boolean {
    return this.#since === undefined && now >= this.#calmAt + REVERTS_FIRST;
  }
}
