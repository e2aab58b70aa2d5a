import type { Counts } from '../core/verdict.js';

/**
 * The share of bad requests that the truth lies below with the given confidence, at whatever moment one looks: the upper end of Robbins' confidence
 * sequence for a Bernoulli rate, with a Beta(1/2, 1/2) mixture. It solves mixture likelihood / likelihood(p) = 1/(1 - confidence)
 * for p above the observed share (Robbins 1970; Howard, Ramdas, McAuliffe, Sekhon 2021).
 */
export function upperShare(counts: Counts, confidence: number): number {
  const { bad, total } = counts;
  if (total === 0) return 1;
  const good = total - bad;
  const limit = logBeta(bad + 0.5, good + 0.5) - Math.log(Math.PI) + Math.log(1 - confidence);
  if (bad === 0) return -Math.expm1(limit / good);
  let [low, high] = [bad / total, 1];
  for (let i = 0; i < 50 && high - low > 1e-3 * high; i++) {
    const p = (low + high) / 2;
    const likelihood = bad * Math.log(p) + (good === 0 ? 0 : good * Math.log1p(-p));
    if (likelihood > limit) low = p;
    else high = p;
  }
  return high;
}

/** The other end of the same sequence: the share that the truth lies above. */
export function lowerShare({ bad, total }: Counts, confidence: number): number {
  return 1 - upperShare({ bad: total - bad, total }, confidence);
}

function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/** ln Gamma(x) for x > 0 by Stirling's series, shifted above 8: good to 1e-10. */
function logGamma(x: number): number {
  let shift = 0;
  let z = x;
  for (; z < 8; z++) shift -= Math.log(z);
  const inverse = 1 / (z * z);
  return shift + (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + (1 / 12 - inverse * (1 / 360 - inverse / 1260)) / z;
}
