import type { EnvoySignal } from '../../src/core/plan.js';
import type { Counts } from '../../src/core/verdict.js';
import { addToCountTally } from '../../src/judge/count-signal.js';
import type { CountTally } from '../../src/judge/count-tally.js';

/** Something that watches canary and stable and says when to revert. */
export interface Gate {
  /** Takes the counts of one look that ends at `at` (seconds from the start); true when it reverts. */
  look(canary: Counts, stable: Counts, at: number): boolean;
}

/** How a gate over a window is set: it looks every `every` seconds at the ratio over the last `window` seconds. */
export interface WindowSettings {
  readonly every: number;
  readonly window: number;
  /** Reverts at this many red looks; in all, or in a row. */
  readonly strikes: number;
  readonly inRow?: boolean;
  /** Compare with stable's ratio and this margin instead of a fixed bound. */
  readonly margin?: number;
}

/** The share of bad requests that every gate of this bench holds canary to. */
export const BOUND = 0.005;

/** splitter's own judge on the counts of one signal. */
export function createSplitter(signal: EnvoySignal, alpha: number): Gate {
  let tally: CountTally | undefined;
  return {
    look(canary, stable, at) {
      if (canary.total + stable.total === 0) return false;
      const measurement = { kind: 'counts' as const, canary, stable };
      tally = addToCountTally(signal, tally, { signal: signal.name, at, query: '', raw: '', measurement }, alpha);
      return tally.failed;
    },
  };
}

/** A gate as the peers document theirs: a ratio over a window against a number, every so often. No request in the window is not red. */
export function createWindowGate(settings: WindowSettings): Gate {
  const kept = { canary: createRing(settings.window), stable: createRing(settings.window) };
  let strikes = 0;
  let next = settings.every;
  return {
    look(canary, stable, at) {
      kept.canary.add(canary, at);
      kept.stable.add(stable, at);
      if (at < next) return false;
      next += settings.every;
      const limit = settings.margin === undefined ? BOUND : kept.stable.ratio() + settings.margin;
      const red = kept.canary.ratio() > limit;
      strikes = red ? strikes + 1 : settings.inRow ? 0 : strikes;
      return strikes >= settings.strikes;
    },
  };
}

/** The sums over the last seconds; `at` is a whole second, one more each time. */
function createRing(seconds: number): { add(counts: Counts, at: number): void; ratio(): number } {
  const bad = new Int32Array(seconds);
  const total = new Int32Array(seconds);
  const sum = { bad: 0, total: 0 };
  return {
    add(counts, at) {
      const slot = at % seconds;
      sum.bad += counts.bad - bad[slot]!;
      sum.total += counts.total - total[slot]!;
      bad[slot] = counts.bad;
      total[slot] = counts.total;
    },
    ratio: () => sum.bad / Math.max(1, sum.total),
  };
}
