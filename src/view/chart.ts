import { BARS, columnOf, drawSparkline } from './sparkline.js';
import type { Mark } from './trail.js';

/** What charts are drawn with: eight heights of a line, and a full and an empty cell. */
export interface Glyphs {
  readonly levels: string;
  readonly full: string;
  readonly empty: string;
  readonly dot: string;
}

/** For any terminal. */
export const ASCII: Glyphs = { levels: '_.,-~=^#', full: '#', empty: '.', dot: 'o' };
/** For terminals that show UTF-8. */
export const UNICODE: Glyphs = { levels: BARS, full: '█', empty: '░', dot: '·' };

/** The window of a chart: from when to when, ms since the epoch, in so many columns. */
export interface Window {
  readonly from: number;
  readonly to: number;
  readonly columns: number;
}

/** The marks as one line; `top` is the value of the highest level. A blank where nothing is known. */
export function drawTrend(marks: readonly Mark[], top: number, { from, to, columns }: Window, glyphs: Glyphs): string {
  const points = marks.map(({ at, value }) => ({ at, height: value === null ? null : value / Math.max(top, Number.EPSILON) }));
  return drawSparkline(points, from, to, columns, glyphs.levels);
}

/** A chart of so many rows, highest first: a line that stands until its next mark, filled below, with the other marks as dots. */
export function drawSteps(
  line: readonly Mark[],
  dots: readonly Mark[],
  top: number,
  rows: number,
  { from, to, columns }: Window,
  glyphs: Glyphs,
): readonly string[] {
  const heights = new Array<number>(columns).fill(Number.NaN);
  for (const [i, { at, value }] of line.entries()) {
    const next = line[i + 1];
    const last = next === undefined ? columns - 1 : columnOf(next.at, from, to, columns);
    for (let column = columnOf(at, from, to, columns); column <= last; column++) heights[column] = value ?? Number.NaN;
  }
  const marked = new Map(dots.flatMap(({ at, value }) => (value === null ? [] : [[columnOf(at, from, to, columns), value]])));
  const rowOf = (value: number): number =>
    Math.max(1, Math.min(rows, Math.ceil((value / Math.max(top, Number.EPSILON)) * rows))) - 1;
  return Array.from({ length: rows }, (_, i) => {
    const row = rows - 1 - i;
    const cell = (height: number, column: number): string => {
      const dot = marked.get(column);
      if (dot !== undefined && rowOf(dot) === row && rowOf(height) !== row) return glyphs.dot;
      return height > 0 && rowOf(height) >= row ? glyphs.full : ' ';
    };
    return heights.map(cell).join('');
  });
}
