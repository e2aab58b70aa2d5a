/** Eight heights, for terminals that show UTF-8. */
export const BARS = '▁▂▃▄▅▆▇█';

/** A moment with its height, 0 to 1; null where nothing is known. */
export interface Point {
  readonly at: number;
  readonly height: number | null;
}

/** The points as one line of so many columns from `from` to `to`: the greatest of each column, a blank where none is known. */
export function drawSparkline(points: readonly Point[], from: number, to: number, columns: number, levels = BARS): string {
  const greatest = new Array<number | undefined>(columns).fill(undefined);
  for (const { at, height } of points) {
    if (height === null) continue;
    const column = columnOf(at, from, to, columns);
    greatest[column] = Math.max(greatest[column] ?? 0, height);
  }
  return greatest
    .map((height) =>
      height === undefined ? ' ' : levels[Math.min(levels.length - 1, Math.floor(Math.max(0, height) * levels.length))],
    )
    .join('');
}

/** The column of a moment. */
export function columnOf(at: number, from: number, to: number, columns: number): number {
  return Math.min(columns - 1, Math.max(0, Math.floor(((at - from) / Math.max(1, to - from)) * columns)));
}
