/** `size` values from `from` to `to`, evenly spaced in their logarithm. */
export function logGrid(from: number, to: number, size: number): readonly number[] {
  const step = Math.log(to / from) / (size - 1);
  return Array.from({ length: size }, (_, i) => from * Math.exp(step * i));
}
