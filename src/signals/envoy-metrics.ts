import type { ServiceRef } from '../core/plan.js';
import { ClusterLabels, labelValue, withoutLabel } from './cluster-labels.js';
import { FACTS_FILTER, isEnvoyPage } from './page-facts.js';

/** The counters of one Envoy cluster (one subset): by response class (`2`, `5`) or code, by gRPC status, by bucket edge in ms with `count` for all, or by what became of requests. */
interface CounterGroup {
  readonly subset: string;
  readonly values: Map<string, number>;
}

/** The counters of one family on one sidecar, by the labels that identify the cluster. */
export type Snapshot = ReadonlyMap<string, CounterGroup>;

/** What can be read of a service: answers by class and by code, those of attempts that were made again instead of passed on, how long they took, how gRPC calls ended, and what became of all requests that were sent. */
export type Family = 'classes' | 'retried' | 'codes' | 'latency' | 'statuses' | 'requests';

/** What one scrape says about one service. */
export type EnvoyMetrics = Readonly<Record<Family, Snapshot>>;

const CLASSES = 'envoy_cluster_upstream_rq_xx{';
const RETRIED = 'envoy_cluster_retry_upstream_rq_xx{';
const BUCKET = 'envoy_cluster_upstream_rq_time_bucket{';
const COUNT = 'envoy_cluster_upstream_rq_time_count{';
const STATUS = 'envoy_cluster_grpc_';
const CODE = 'envoy_cluster_upstream_rq{';
const REQUEST = 'envoy_cluster_upstream_rq_';
const SENT = 'envoy_cluster_upstream_rq_total{';
const CLASS_LABEL = 'envoy_response_code_class';
const CODE_LABEL = 'envoy_response_code';

/** The counters, and the gauge of those under way, that say what became of the requests of a cluster. */
export const REQUEST_KEYS = ['active', 'cancelled', 'completed', 'retry', 'total'] as const;

/** Parts of Envoy's raw names, like `….upstream_rq_5xx` and `….grpc.bank.Books.Balance.14`. */
const RAW_NAMES: Readonly<Record<Family, string>> = {
  classes: 'upstream_rq_.xx',
  retried: 'upstream_rq_.xx',
  codes: 'upstream_rq_[0-9]+$',
  latency: 'upstream_rq_time',
  statuses: '[.]grpc[.](.*[.])?[0-9]+$',
  requests: `upstream_rq_(${REQUEST_KEYS.join('|')})$`,
};

/** What to ask a page for: only counters that moved, only the families needed, and what tells one Envoy from another. */
export function metricsQuery(families: ReadonlySet<Family>): string {
  const names = new Set([...families].sort().map((family) => RAW_NAMES[family]));
  return `?usedonly&filter=${encodeURIComponent([...names, FACTS_FILTER].join('|'))}`;
}

/** Picks the counters of one service out of Envoy's Prometheus text. Throws when the text is not Envoy's. */
export function parseEnvoyMetrics(text: string, target: ServiceRef): EnvoyMetrics {
  if (!isEnvoyPage(text)) throw new Error('the answer is no metrics page of Envoy');
  const wanted = new ClusterLabels(target);
  const classes = new Map<string, CounterGroup>();
  const retried = new Map<string, CounterGroup>();
  const codes = new Map<string, CounterGroup>();
  const latency = new Map<string, CounterGroup>();
  const requests = new Map<string, CounterGroup>();
  const statuses = new Map<string, CounterGroup>();
  let last: BucketRun | undefined;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline === -1 ? text.length : newline;
    // Exact names: `envoy_cluster_external_…` and `…_internal_…` repeat every series.
    if (text.startsWith(CLASSES, from)) addLine(classes, text.slice(from + CLASSES.length, to), wanted, CLASS_LABEL);
    else if (text.startsWith(RETRIED, from)) addLine(retried, text.slice(from + RETRIED.length, to), wanted, CLASS_LABEL);
    else if (text.startsWith(BUCKET, from)) last = addBucket(latency, text.slice(from + BUCKET.length, to), wanted, last);
    else if (text.startsWith(COUNT, from)) addLine(latency, text.slice(from + COUNT.length, to), wanted, undefined);
    else if (text.startsWith(STATUS, from)) addStatus(statuses, text.slice(from + STATUS.length, to), wanted);
    else if (text.startsWith(CODE, from)) addLine(codes, text.slice(from + CODE.length, to), wanted, CODE_LABEL);
    else if (text.startsWith(REQUEST, from)) addRequests(requests, text.slice(from + REQUEST.length, to), wanted);
    from = to + 1;
  }
  return { classes, retried, codes, latency, statuses, requests };
}

/** All requests that one proxy has ever sent to a service, whatever the subset; undefined where it has no cluster of it that was used. */
export function countSent(text: string, target: ServiceRef): number | undefined {
  const wanted = new ClusterLabels(target);
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('envoy_cluster_') && wanted.subsetOf(line.slice(line.indexOf('{') + 1)) !== undefined);
  if (lines.length === 0) return undefined;
  const sent = lines.filter((line) => line.startsWith(SENT)).map((line) => Number(line.slice(line.lastIndexOf('}') + 1).trim()));
  return sent.reduce((sum, count) => sum + count, 0);
}

/** The status ends the name; before it stand service and method, unless Envoy sums them up or its tags take them out of the name. */
function addStatus(groups: Map<string, CounterGroup>, line: string, wanted: ClusterLabels): void {
  const [, method, status] = /^(.*_)?(\d+)\{/.exec(line) ?? [];
  if (status === undefined) return;
  const labels = line.slice(line.indexOf('{') + 1);
  addCounter(groups, labels, wanted, (own) => ({ key: status, cluster: `${method ?? ''}{${own}` }));
}

/** What became of requests ends the name. Those of the service's own cluster, without a subset, are told under the empty name. */
function addRequests(groups: Map<string, CounterGroup>, line: string, wanted: ClusterLabels): void {
  const key = REQUEST_KEYS.find((name) => line.startsWith(`${name}{`));
  if (key !== undefined) addCounter(groups, line.slice(key.length + 1), wanted, (cluster) => ({ key, cluster }), true);
}

/** `keyLabel` names the label that tells the counters of one cluster apart. */
function addLine(groups: Map<string, CounterGroup>, line: string, wanted: ClusterLabels, keyLabel: string | undefined): void {
  addCounter(groups, line, wanted, (labels) =>
    keyLabel === undefined
      ? { key: 'count', cluster: labels }
      : { key: labelValue(labels, keyLabel), cluster: withoutLabel(labels, keyLabel) },
  );
}

/** The buckets of one histogram stand one below the other: what comes before their edge is the same in all of them. */
interface BucketRun {
  readonly before: string;
  readonly group: CounterGroup;
}

const EDGE = /^(\d+(?:\.\d+)?|\+Inf)"} (\d+)\r?$/;

/** Most lines of a page are buckets: one that goes on from the line above is read by its end alone. */
function addBucket(
  groups: Map<string, CounterGroup>,
  line: string,
  wanted: ClusterLabels,
  last: BucketRun | undefined,
): BucketRun | undefined {
  if (last !== undefined && line.slice(0, last.before.length) === last.before) {
    const [, edge, count] = EDGE.exec(line.slice(last.before.length)) ?? [];
    if (edge !== undefined) {
      last.group.values.set(edge, Number(count));
      return last;
    }
  }
  addLine(groups, line, wanted, 'le');
  const at = line.lastIndexOf(',le="');
  const group = at === -1 ? undefined : groups.get(line.slice(0, at));
  return group === undefined ? undefined : { before: line.slice(0, at + ',le="'.length), group };
}

/** `line` is what follows the opening brace. */
function addCounter(
  groups: Map<string, CounterGroup>,
  line: string,
  wanted: ClusterLabels,
  place: (labels: string) => { readonly key: string | undefined; readonly cluster: string },
  whole = false,
): void {
  const end = line.lastIndexOf('}');
  const labels = line.slice(0, end);
  const subset = end === -1 ? undefined : wanted.subsetOf(labels);
  if (subset === undefined || (subset === '' && !whole)) return;
  const { key, cluster } = place(labels);
  const value = Number.parseFloat(line.slice(end + 1));
  if (key === undefined || !Number.isFinite(value)) return;
  const group = groups.get(cluster) ?? { subset, values: new Map<string, number>() };
  groups.set(cluster, group);
  group.values.set(key, value);
}
