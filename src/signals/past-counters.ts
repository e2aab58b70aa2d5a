import { type Family, REQUEST_KEYS, type Snapshot } from './envoy-metrics.js';
import { type Increments, incrementsBetween } from './increments.js';
import { Ledger } from './ledger.js';
import type { Chunk } from './prometheus-range.js';
import { RequestFollower } from './request-follower.js';

/** The label values that tell one sidecar from another: what Prometheus adds to every series that it scrapes. */
const CALLER = ['job', 'instance', 'namespace', 'pod'];
const CLASS = 'envoy_response_code_class';
const CODE = 'envoy_response_code';
const NO_SERIES: Snapshot = new Map();

interface Counter {
  readonly family: Family;
  readonly cluster: string;
  readonly subset: string;
  readonly key: string;
}
type Placed = Counter & { readonly values: readonly (number | undefined)[] };

/** Past counters of all callers, one look after another, as a driver would have added them up: each sidecar's first look is its base line. */
export class PastCounters {
  readonly #ledgers: ReadonlyMap<Family, Ledger>;
  readonly #before = new Map<string, ReadonlyMap<Family, Snapshot>>();
  readonly #requests = new Map<string, RequestFollower>();

  constructor(families: readonly Family[]) {
    this.#ledgers = new Map(families.map((family) => [family, new Ledger()]));
  }

  /** The increments at each look of these chunks, which cover the same times; undefined where Prometheus has no series at all. */
  *add(
    chunks: readonly Chunk[],
  ): Generator<{ readonly at: number; readonly increments: ReadonlyMap<Family, Increments> | undefined }> {
    const callers = new Map<string, Map<Family, Placed[]>>();
    for (const { labels, values } of chunks.flatMap(({ series }) => series)) {
      const counter = counterOf(labels);
      if (counter === undefined) continue;
      const caller = JSON.stringify(CALLER.map((name) => labels[name]));
      const placed = callers.get(caller) ?? new Map<Family, Placed[]>();
      placed.set(counter.family, [...(placed.get(counter.family) ?? []), { ...counter, values }]);
      callers.set(caller, placed);
    }
    for (const [index, at] of (chunks[0]?.times ?? []).entries()) {
      let seen = false;
      for (const [caller, series] of callers) seen = this.#look(caller, series, index) || seen;
      yield { at, increments: seen ? this.#take() : undefined };
    }
  }

  /** Whether anything was read of this caller; of its page a family may be missing until its first request. */
  #look(caller: string, series: ReadonlyMap<Family, readonly Placed[]>, index: number): boolean {
    const page = new Map([...this.#ledgers.keys()].map((family) => [family, snapshotAt(series.get(family) ?? [], index)]));
    if ([...page.values()].every(({ size }) => size === 0)) return false;
    const before = this.#before.get(caller);
    for (const [family, ledger] of this.#ledgers)
      ledger.add(
        family === 'requests'
          ? this.#follow(caller, page)
          : incrementsBetween(before?.get(family), page.get(family) ?? NO_SERIES),
      );
    this.#before.set(caller, page);
    return true;
  }

  #follow(caller: string, page: ReadonlyMap<Family, Snapshot>): Increments {
    const follower = this.#requests.get(caller) ?? new RequestFollower();
    this.#requests.set(caller, follower);
    return follower.follow(page.get('requests') ?? NO_SERIES, page.get('classes') ?? NO_SERIES);
  }

  #take(): ReadonlyMap<Family, Increments> {
    return new Map([...this.#ledgers].map(([family, ledger]) => [family, ledger.take('replay')]));
  }
}

function counterOf(labels: Readonly<Record<string, string>>): Counter | undefined {
  const { __name__: name = '', [CLASS]: digit, [CODE]: code, le, ...own } = labels;
  const { consul_destination_service_subset: subset } = own;
  if (subset === undefined) return undefined;
  const cluster = JSON.stringify(Object.entries(own));
  const [, method, status] = /^envoy_cluster_grpc_(.*_)?(\d+)$/.exec(name) ?? [];
  if (status !== undefined) return { family: 'statuses', key: status, cluster: `${method ?? ''}${cluster}`, subset };
  if (digit !== undefined) return { family: 'classes', key: digit, cluster, subset };
  if (code !== undefined) return { family: 'codes', key: code, cluster, subset };
  const key = REQUEST_KEYS.find((one) => name === `envoy_cluster_upstream_rq_${one}`);
  if (key !== undefined) return { family: 'requests', key, cluster, subset };
  // Prometheus 3 writes 500.0 where Envoy writes 500.
  return { family: 'latency', key: le === undefined ? 'count' : String(Number(le)), cluster, subset };
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
