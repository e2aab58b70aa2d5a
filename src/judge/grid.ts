/** `size` values from `from` to `to`; evenly spaced in their logarithm, or closer together at the lower end by an exponent above 1. */
export function logGrid(from: number, to: number, size: number, exponent = 1): readonly number[] {
  const span = Math.log(to / from);
  return Array.from({ length: size }, (_, i) => from * Math.exp(span * (i / (size - 1)) ** exponent));
}
