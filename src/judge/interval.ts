/** The ends of a confidence interval, as shares 0 to 1. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The 97.5 % point of the normal curve. */
const Z = 1.959964;

/** The 95 % score interval for the chance of something that happened `hits` times in `runs` (Wilson: Probable inference, 1927); all of [0, 1] without runs. */
export function wilsonInterval(hits: number, runs: number): Interval {
  if (runs === 0) return { low: 0, high: 1 };
  const share = hits / runs;
  const square = Z * Z;
  const middle = share + square / (2 * runs);
  const half = Z * Math.sqrt((share * (1 - share)) / runs + square / (4 * runs * runs));
  const whole = 1 + square / runs;
  return { low: hits === 0 ? 0 : (middle - half) / whole, high: hits === runs ? 1 : (middle + half) / whole };
}
