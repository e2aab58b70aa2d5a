/** The ways to make one number of several. */
export const REDUCTIONS = ['max', 'min', 'sum', 'mean', 'median'] as const;

/** One of them. */
export type Reduction = (typeof REDUCTIONS)[number];

/** One number of several. NaN stands for a series without data and is left out; NaN when nothing is left. */
export function reduceNumbers(how: Reduction, numbers: readonly number[]): number {
  const sorted = numbers.filter((number) => !Number.isNaN(number)).sort((a, b) => a - b);
  if (sorted.length === 0) return Number.NaN;
  const sum = sorted.reduce((total, number) => total + number, 0);
  switch (how) {
    case 'max':
      return sorted.at(-1)!;
    case 'min':
      return sorted[0]!;
    case 'sum':
      return sum;
    case 'mean':
      return sum / sorted.length;
    case 'median':
      return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
  }
}
