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
  const kept: { readonly at: number; readonly canary: Counts; readonly stable: Counts }[] = [];
  const sums = { canary: { bad: 0, total: 0 }, stable: { bad: 0, total: 0 } };
  let first = 0;
  let strikes = 0;
  let next = settings.every;
  const shift = (side: 'canary' | 'stable', counts: Counts, sign: number) => {
    sums[side].bad += sign * counts.bad;
    sums[side].total += sign * counts.total;
  };
  return {
    look(canary, stable, at) {
      kept.push({ at, canary, stable });
      shift('canary', canary, 1);
      shift('stable', stable, 1);
      for (; kept[first]!.at <= at - settings.window; first++) {
        shift('canary', kept[first]!.canary, -1);
        shift('stable', kept[first]!.stable, -1);
      }
      if (at < next) return false;
      next += settings.every;
      const limit = settings.margin === undefined ? BOUND : sums.stable.bad / Math.max(1, sums.stable.total) + settings.margin;
      const red = sums.canary.total > 0 && sums.canary.bad / sums.canary.total > limit;
      strikes = red ? strikes + 1 : settings.inRow ? 0 : strikes;
      return strikes >= settings.strikes;
    },
  };
}
