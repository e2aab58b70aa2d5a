import { type Coverage, coverageOf, type Received, unseenOf } from '../core/coverage.js';
import { addTo, type Increments } from './increments.js';

/** Coverage is that of the last seconds; where these had few requests, of more of them. Times in ms. */
const SPAN = 10_000;
const LONGEST = 60_000;
const ENOUGH = 20;

type Totals = Map<string, Map<string, number>>;

interface Sample extends Received {
  readonly at: number;
}

/** How much of each subset's requests its callers counted, told from the counters of both sides since somebody began to look. */
export class Sight {
  readonly #callers: Totals = new Map();
  readonly #retried: Totals = new Map();
  readonly #instances: Totals = new Map();
  readonly #samples = new Map<string, Sample[]>();

  /** Adds answers by class that came since the last time; of the subsets in `fresh` the instances were read anew. */
  add(at: number, since: { callers: Increments; retried: Increments; instances: Increments }, fresh: ReadonlySet<string>): void {
    addAll(this.#callers, since.callers);
    addAll(this.#retried, since.retried);
    addAll(this.#instances, since.instances);
    for (const subset of fresh) {
      const samples = [...(this.#samples.get(subset) ?? []), { at, ...this.#received(subset) }];
      this.#samples.set(
        subset,
        samples.filter((sample) => sample.at >= at - LONGEST && sample.at <= at),
      );
    }
  }

  /** Of all that came since the beginning. */
  overall(subset: string, instances: Coverage['instances']): Coverage {
    return coverageOf(this.#received(subset), instances);
  }

  /** Of the last seconds. */
  lately(subset: string, instances: Coverage['instances']): Coverage {
    const samples = this.#samples.get(subset) ?? [];
    const last = samples.at(-1);
    if (last === undefined) return coverageOf({ total: 0, unseen: 0, counted: 0 }, instances);
    const recent = samples.find((sample) => sample.at >= last.at - SPAN) ?? last;
    const first = last.total - recent.total >= ENOUGH ? recent : samples[0]!;
    return coverageOf(
      { total: last.total - first.total, unseen: last.unseen - first.unseen, counted: last.counted - first.counted },
      instances,
    );
  }

  /** Class by class, so that what a caller's proxy answered by itself hides no more than its own class. */
  #received(subset: string): Received {
    let [total, unseen, counted] = [0, 0, 0];
    const all = (totals: Totals, digit: string): number => totals.get(subset)?.get(digit) ?? 0;
    for (const digit of ['1', '2', '3', '4', '5']) {
      const side = (totals: Totals) => ({ bad: 0, total: all(totals, digit) });
      const both = { callers: side(this.#callers), retried: side(this.#retried), instances: side(this.#instances) };
      total += both.instances.total;
      unseen += unseenOf(both).total;
      counted += both.callers.total + both.retried.total;
    }
    return { total, unseen, counted };
  }
}

function addAll(totals: Totals, increments: Increments): void {
  for (const [subset, counters] of increments) for (const [key, amount] of counters) addTo(totals, subset, key, amount);
}
