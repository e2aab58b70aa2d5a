import type { Cluster } from './route.js';

/** Upper edges of Envoy's default histogram buckets, in milliseconds. */
export const BUCKETS_MS: readonly number[] = [
  0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000,
];

/** What one caller's sidecar counted for one cluster; all numbers only grow, but for the requests that are under way. */
export interface ClusterCounters {
  readonly cluster: Cluster;
  readonly byStatus: Map<number, number>;
  /** Requests that reached an instance: without those that met no healthy one. */
  sent: number;
  noneHealthy: number;
  /** Cumulative per bucket edge, as Prometheus has it. */
  readonly buckets: number[];
  latencySum: number;
  /** When the requests that are under way will have their answers, ms since the epoch; some may have them already. */
  answeredAt: number[];
}

/** Answers that are looked through for those under way, before those that are out are forgotten. */
const REMEMBERED = 1_024;

/** Counters at zero for a cluster. */
export function startCounters(cluster: Cluster): ClusterCounters {
  return {
    cluster,
    byStatus: new Map(),
    sent: 0,
    noneHealthy: 0,
    buckets: BUCKETS_MS.map(() => 0),
    latencySum: 0,
    answeredAt: [],
  };
}

/** Counts one answer; `latencyMs` absent: no healthy instance, so the proxy answered by itself. */
export function countAnswer(counters: ClusterCounters, status: number, latencyMs?: number): void {
  counters.byStatus.set(status, (counters.byStatus.get(status) ?? 0) + 1);
  if (latencyMs === undefined) {
    counters.noneHealthy += 1;
    return;
  }
  counters.sent += 1;
  counters.latencySum += latencyMs;
  if (counters.answeredAt.length >= REMEMBERED) counters.answeredAt = underWay(counters);
  counters.answeredAt.push(Date.now() + latencyMs);
  BUCKETS_MS.forEach((edge, i) => {
    if (latencyMs <= edge) counters.buckets[i] = (counters.buckets[i] ?? 0) + 1;
  });
}

/** When each request that has no answer yet will have it. */
export function underWay({ answeredAt }: ClusterCounters): number[] {
  const now = Date.now();
  return answeredAt.filter((at) => at > now);
}

/** All the answers, and those of class 5xx. */
export function sumAnswers(counters: ClusterCounters): { readonly all: number; readonly failed: number } {
  let [all, failed] = [0, 0];
  for (const [status, count] of counters.byStatus) {
    all += count;
    if (status >= 500) failed += count;
  }
  return { all, failed };
}
