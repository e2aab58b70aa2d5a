import { addTo, type Increments } from './increments.js';

/** Running totals over all sidecars, from which every consumer takes its own increments without taking them from the others. */
export class Ledger {
  readonly #totals = new Map<string, Map<string, number>>();
  readonly #taken = new Map<string, Map<string, Map<string, number>>>();

  /** Adds what one sidecar counted. */
  add(increments: Increments): void {
    for (const [subset, counters] of increments) {
      for (const [key, amount] of counters) addTo(this.#totals, subset, key, amount);
    }
  }

  /** What was added since this consumer took last; its first time only sets its base line and gives zeros. */
  take(consumer: string): Increments {
    const before = this.#taken.get(consumer);
    const now = new Map([...this.#totals].map(([subset, counters]) => [subset, new Map(counters)]));
    this.#taken.set(consumer, now);
    const increments = new Map<string, Map<string, number>>();
    for (const [subset, counters] of now) {
      for (const [key, total] of counters)
        addTo(increments, subset, key, before === undefined ? 0 : total - (before.get(subset)?.get(key) ?? 0));
    }
    return increments;
  }
}
