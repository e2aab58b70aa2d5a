import { formatDuration } from '../core/duration.js';
import { drawSteps, drawTrend, type Glyphs } from './chart.js';
import { topOf } from './live-signals.js';
import type { Moment } from './plain.js';
import { harmless } from './style.js';
import { TRAIL_WINDOW, type Trail } from './trail.js';

const WEIGHT_ROWS = 5;
const AXIS = 6;
const SOONEST = 60_000;

/** Charts for the right half of a wide screen, at most so many rows: canary's weight over time, then each signal against its bound. */
export function chartLines({ seen, now }: Moment, trail: Trail, glyphs: Glyphs, width: number, rows: number): readonly string[] {
  const first = trail.stored[0]?.at ?? now;
  const from = Math.min(Math.max(first, now - TRAIL_WINDOW), now - SOONEST);
  const window = { from, to: now, columns: Math.max(10, width - AXIS) };
  const highest = Math.max(1, ...trail.stored.map(({ value }) => value ?? 0), ...trail.observed.map(({ value }) => value ?? 0));
  const top = Math.min(100, highest * 1.1);
  const axis = (row: number): string =>
    (row === 0 ? `${Math.round(top)}%` : row === WEIGHT_ROWS - 1 ? '0%' : '').padStart(AXIS - 1);
  const weights = drawSteps(trail.stored, trail.observed, top, WEIGHT_ROWS, window, glyphs).map(
    (line, i) => `${axis(i)} ${line}`,
  );
  const charts = seen.findings.flatMap((finding) => [
    `${harmless(finding.name)} ${harmless(finding.value ?? '-')}  bound ${harmless(finding.bound)} (3/4 up)`,
    `${' '.repeat(AXIS)}${drawTrend(trail.signal(finding.name), topOf(finding, trail), window, glyphs)}`,
  ]);
  return [`last ${formatDuration(now - from)}   ${glyphs.full} asked  ${glyphs.dot} observed`, ...weights, '', ...charts]
    .slice(0, rows)
    .map((line) => line.slice(0, width));
}
