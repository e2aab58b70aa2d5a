import { formatDuration } from '../core/duration.js';
import type { Measurement } from '../core/verdict.js';
import { numberOf } from './answer.js';

/** One point of a time series: when its bucket begins (ms), and its value. */
export interface Point {
  readonly at: number;
  readonly value: unknown;
}

/** What a series is looked at for: its last `window` ms up to `now`, in buckets of `width` ms (undefined: points, not buckets). */
interface Look {
  readonly window: number;
  readonly now: number;
  readonly width: number | undefined;
}

/** The newest point that has a value and whose bucket has ended: a bucket that still fills would show too little. */
export function lastPoint(points: readonly Point[], { window, now, width = 0 }: Look): Measurement {
  const valued = points.filter(({ value }) => numberOf(value).kind !== 'none');
  if (valued.length === 0) return { kind: 'none', why: `the query has no value in the last ${formatDuration(window)}` };
  const ended = valued.filter(({ at }) => at + width <= now);
  if (ended.length === 0)
    return {
      kind: 'none',
      why: `no bucket of ${formatDuration(width)} has ended yet; write a window longer than ${formatDuration(window)}`,
    };
  return numberOf(ended.reduce((newest, point) => (point.at >= newest.at ? point : newest)).value);
}
