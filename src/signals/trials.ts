import type { Counts } from '../core/verdict.js';

/**
 * Trials and failures of one signal, look by look. A trial counts when it is sent and is good until its failure is known, which may be in a look in
 * which nothing was sent: then it takes the place of one that is still to come. So no look has more failures than trials, and in all
 * there are never fewer trials than requests.
 */
export class Trials {
  readonly #ahead = new Map<string, number>();

  /** The counts of one look at a subset. */
  count(subset: string, bad: number, sent: number): Counts {
    const open = sent - (this.#ahead.get(subset) ?? 0);
    const total = Math.max(bad, open);
    this.#ahead.set(subset, total - open);
    return { bad, total };
  }
}
