import { BUCKETS_MS, type ClusterCounters, sumAnswers, underWay } from './counters.js';

/** Whose sidecar is read. */
export interface Caller {
  readonly service: string;
  readonly datacenter: string;
  /** When it began, ms since the epoch. */
  readonly began: number;
}

interface Series {
  /** The statistic's name before tags are taken out of it: what `?filter=` is matched against. */
  readonly raw: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** A gauge that had another value once: Envoy goes on showing it. */
  readonly used?: boolean;
}

/** A sidecar's counters as Envoy's Prometheus listener writes them; `filter` is a regular expression over raw names, `usedOnly` leaves out zeros. */
export function renderMetrics(caller: Caller, counters: Iterable<ClusterCounters>, filter: string, usedOnly: boolean): string {
  const wanted = filter === '' ? undefined : new RegExp(filter);
  const byName = new Map<string, string[]>();
  for (const series of [...[...counters].flatMap((each) => listSeries(caller, each)), ...describeServer(caller)]) {
    if (wanted !== undefined && !wanted.test(series.raw)) continue;
    if (usedOnly && series.value === 0 && series.used !== true && !/_bucket$|_uptime$/.test(series.name)) continue;
    const family = series.name.replace(/_(bucket|sum|count)$/, '');
    byName.set(family, [...(byName.get(family) ?? []), `${series.name}{${renderLabels(series.labels)}} ${series.value}`]);
  }
  const families = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return families.map(([name, lines]) => `# TYPE ${name} ${typeOf(name)}\n${lines.join('\n')}\n`).join('\n');
}

function typeOf(family: string): string {
  if (family.endsWith('_active') || family.endsWith('_uptime')) return 'gauge';
  return /_time(_ms)?$/.test(family) ? 'histogram' : 'counter';
}

/** How long it took to begin, ms, as it says of itself. */
const BEGINNING = 25;

function describeServer({ service, datacenter, began }: Caller): Series[] {
  const labels = { local_cluster: service, consul_source_service: service, consul_source_datacenter: datacenter };
  const series = (raw: string, name: string, value: number): Series => ({ raw, name: `envoy_server_${name}`, labels, value });
  return [
    series('server.uptime', 'uptime', Math.floor((Date.now() - began) / 1_000)),
    series('server.initialization_time_ms', 'initialization_time_ms_sum', BEGINNING),
    series('server.initialization_time_ms', 'initialization_time_ms_count', 1),
  ];
}

function listSeries(caller: Caller, counters: ClusterCounters): Series[] {
  const labels = describeLabels(caller, counters);
  const raw = `cluster.${counters.cluster.name}`;
  const plain = (name: string, value: number): Series => ({
    raw: `${raw}.${name}`,
    name: `envoy_cluster_${name}`,
    labels,
    value,
  });
  const list = [
    { ...plain('upstream_rq_active', underWay(counters).length), used: counters.sent > 0 },
    plain('upstream_rq_total', counters.sent),
    plain('upstream_rq_completed', sumAnswers(counters).all),
    plain('upstream_cx_none_healthy', counters.noneHealthy),
  ];
  const classes = new Map<number, number>();
  for (const [status, count] of counters.byStatus) {
    const digit = Math.floor(status / 100);
    classes.set(digit, (classes.get(digit) ?? 0) + count);
    const coded = { ...labels, envoy_response_code: String(status) };
    list.push({ raw: `${raw}.upstream_rq_${status}`, name: 'envoy_cluster_upstream_rq', labels: coded, value: count });
  }
  for (const [digit, count] of classes) {
    const classed = { ...labels, envoy_response_code_class: String(digit) };
    list.push({ raw: `${raw}.upstream_rq_${digit}xx`, name: 'envoy_cluster_upstream_rq_xx', labels: classed, value: count });
  }
  return counters.sent === 0 ? list : [...list, ...listHistogram(raw, labels, counters)];
}

function listHistogram(raw: string, labels: Series['labels'], counters: ClusterCounters): Series[] {
  const part = (suffix: string, value: number, more: Series['labels'] = {}): Series => ({
    raw: `${raw}.upstream_rq_time`,
    name: `envoy_cluster_upstream_rq_time_${suffix}`,
    labels: { ...labels, ...more },
    value,
  });
  const buckets = BUCKETS_MS.map((edge, i) => part('bucket', counters.buckets[i] ?? 0, { le: String(edge) }));
  return [
    ...buckets,
    part('bucket', counters.sent, { le: '+Inf' }),
    part('sum', counters.latencySum),
    part('count', counters.sent),
  ];
}

function describeLabels(caller: Caller, { cluster }: ClusterCounters): Series['labels'] {
  const place = `${cluster.subset === '' ? '' : `${cluster.subset}.`}${cluster.service}.default.${caller.datacenter}`;
  return {
    local_cluster: caller.service,
    consul_source_service: caller.service,
    consul_source_namespace: 'default',
    consul_source_partition: 'default',
    consul_source_datacenter: caller.datacenter,
    consul_destination_service: cluster.service,
    ...(cluster.subset === '' ? {} : { consul_destination_service_subset: cluster.subset }),
    consul_destination_namespace: 'default',
    consul_destination_partition: '',
    consul_destination_datacenter: caller.datacenter,
    consul_destination_routing_type: 'internal',
    consul_destination_trust_domain: cluster.name.split('.internal.')[1] ?? '',
    consul_destination_target: place,
    consul_destination_full_target: `${place}.internal.${cluster.name.split('.internal.')[1] ?? ''}`,
    envoy_cluster_name: cluster.name.split('.')[0] ?? '',
  };
}

function renderLabels(labels: Series['labels']): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value}"`)
    .join(',');
}
