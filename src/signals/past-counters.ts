import type { Snapshot } from './envoy-metrics.js';
import { type Increments, incrementsBetween } from './increments.js';
import { Ledger } from './ledger.js';
import type { Chunk } from './prometheus-range.js';

/** The label values that tell one sidecar from another: what Prometheus adds to every series that it scrapes. */
const CALLER = ['job', 'instance', 'namespace', 'pod'];

/** How a series is one of several counters of a cluster: the label that tells them apart, which one it is, and what stands in its name besides. */
interface Counter {
  readonly label: string;
  readonly key: string;
  readonly part?: string;
}

interface Placed {
  readonly cluster: string;
  readonly subset: string;
  readonly key: string;
  readonly values: readonly (number | undefined)[];
}

/** Past counters of all callers, one look after another, as a driver would have added them up: each sidecar's first look is its base line. */
export class PastCounters {
  readonly #ledger = new Ledger();
  readonly #before = new Map<string, Snapshot>();

  /** The increments at each look of these chunks, which cover the same times; undefined where Prometheus has no series at all. `keyOf` names a counter. */
  *add(
    chunks: readonly Chunk[],
    keyOf: (labels: Readonly<Record<string, string>>) => Counter | undefined,
  ): Generator<{ readonly at: number; readonly increments: Increments | undefined }> {
    const callers = new Map<string, Placed[]>();
    for (const { labels, values } of chunks.flatMap(({ series }) => series)) {
      const counter = keyOf(labels);
      const { consul_destination_service_subset: subset } = labels;
      if (counter === undefined || subset === undefined) continue;
      const caller = JSON.stringify(CALLER.map((name) => labels[name]));
      const own = Object.entries(labels).filter(([name]) => name !== '__name__' && name !== counter.label);
      const cluster = JSON.stringify([counter.part, own]);
      const placed = callers.get(caller) ?? [];
      placed.push({ cluster, subset, key: counter.key, values });
      callers.set(caller, placed);
    }
    for (const [index, at] of (chunks[0]?.times ?? []).entries()) {
      let seen = false;
      for (const [caller, series] of callers) {
        const snapshot = snapshotAt(series, index);
        if (snapshot.size === 0) continue;
        seen = true;
        this.#ledger.add(incrementsBetween(this.#before.get(caller), snapshot));
        this.#before.set(caller, snapshot);
      }
      yield { at, increments: seen ? this.#ledger.take('replay') : undefined };
    }
  }
}

function snapshotAt(series: readonly Placed[], index: number): Snapshot {
  const groups = new Map<string, { readonly subset: string; readonly values: Map<string, number> }>();
  for (const { cluster, subset, key, values } of series) {
    const value = values[index];
    if (value === undefined || !Number.isFinite(value)) continue;
    const group = groups.get(cluster) ?? { subset, values: new Map<string, number>() };
    groups.set(cluster, group);
    group.values.set(key, value);
  }
  return groups;
}
