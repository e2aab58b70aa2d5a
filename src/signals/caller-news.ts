import type { Family } from './envoy-metrics.js';
import { addTo, type Increments } from './increments.js';

/** What one page of one caller added: the caller's address, when the page before was read, when this one was, ms. */
export interface PageNews {
  readonly address: string;
  readonly from: number;
  readonly at: number;
  readonly increments: ReadonlyMap<Family, Increments>;
}

/** A consumer that has not taken for so long is forgotten, ms: what waits for it must not grow for ever. */
const PATIENCE = 30_000;

interface Waiting {
  takenAt: number;
  news: PageNews[];
}

/** What callers' pages added, caller by caller, until each consumer has taken it. Costs nothing where nobody takes. */
export class CallerNews {
  readonly #waiting = new Map<string, Waiting>();

  /** Adds what a page has told. */
  add(news: PageNews): void {
    for (const [consumer, waiting] of this.#waiting) {
      if (news.at > waiting.takenAt + PATIENCE) this.#waiting.delete(consumer);
      else waiting.news.push(news);
    }
  }

  /** What was added since this consumer took last, in order; nothing at its first time. */
  take(consumer: string, at: number): readonly PageNews[] {
    const taken = this.#waiting.get(consumer)?.news ?? [];
    this.#waiting.set(consumer, { takenAt: at, news: [] });
    return taken;
  }
}

/** Increments of several pages as one. */
export function sumOf(all: readonly (Increments | undefined)[]): Increments {
  const [only] = all;
  if (all.length === 1 && only !== undefined) return only;
  const sums = new Map<string, Map<string, number>>();
  for (const increments of all)
    for (const [subset, counters] of increments ?? []) for (const [key, amount] of counters) addTo(sums, subset, key, amount);
  return sums;
}
