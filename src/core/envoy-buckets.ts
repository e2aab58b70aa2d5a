/** The edges of Envoy's latency histogram in ms, unless its bootstrap says otherwise (Envoy's default `histogram_bucket_settings`). */
const EDGES = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
] as const;

/** The edges next to a latency (ms) that lies between two of them, or beyond the last; undefined when it is an edge itself, or shorter than all. */
export function edgesAround(ms: number): { readonly below: number; readonly above?: number } | undefined {
  const below = EDGES.findLast((edge) => edge <= ms);
  if (below === undefined || below === ms) return undefined;
  const above = EDGES.find((edge) => edge > ms);
  return above === undefined ? { below } : { below, above };
}
