import type { Snapshot } from './envoy-metrics.js';

/** Requests by subset, then by counter key; fractions never occur. */
export type Increments = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * What happened on one sidecar between two scrapes. Without a scrape before, everything is a base line and counts 0; a cluster or counter
 * that was not there counts from zero; when one counter of a cluster went down, all of that cluster were reset and count since zero.
 */
export function incrementsBetween(before: Snapshot | undefined, after: Snapshot): Increments {
  const sums = new Map<string, Map<string, number>>();
  for (const [cluster, { subset, values }] of after) {
    const old = before?.get(cluster)?.values;
    const reset = old !== undefined && [...old].some(([key, value]) => (values.get(key) ?? 0) < value);
    for (const [key, value] of values) {
      const increment = before === undefined ? 0 : reset ? value : value - (old?.get(key) ?? 0);
      addTo(sums, subset, key, increment);
    }
  }
  return sums;
}

/** Adds one number to nested sums, making the places as needed. */
export function addTo(sums: Map<string, Map<string, number>>, subset: string, key: string, amount: number): void {
  const inner = sums.get(subset) ?? new Map<string, number>();
  sums.set(subset, inner);
  inner.set(key, (inner.get(key) ?? 0) + amount);
}
