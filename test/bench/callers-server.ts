import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the callers' metrics pages of the bench were asked for since the last report. */
export interface Asked {
  readonly pages: number;
  /** The most pages within one second. */
  readonly peak: number;
  /** Between two readings of one caller, ms, of all callers. */
  readonly gaps: readonly number[];
  /** Callers that were read. */
  readonly callers: number;
}

/** Requests a second that each caller sends; a fifth of them to green. */
const RATE = 2;
/** Envoy takes its histogram lines from a flush each five seconds; the edges are its own. */
const EDGES = [
  '0.5',
  '1',
  '5',
  '10',
  '25',
  '50',
  '100',
  '250',
  '500',
  '1000',
  '2500',
  '5000',
  '10000',
  '30000',
  '60000',
  '300000',
];
const SERVER =
  'local_cluster="web",consul_source_service="web",consul_source_namespace="default",consul_source_partition="default",consul_source_datacenter="dc1"';

const began = Date.now();
let lastRead = new Map<string, number>();
let times: number[] = [];
let gaps: number[] = [];

/** As long as the labels of a real page (Consul 1.22, Envoy 1.36). */
function labelsOf(subset: string): string {
  const domain = 'e48d4c13-6f67-3b29-8af9-bdb229007a92';
  const target = `${subset}.payments-00000.default.dc1`;
  return `${SERVER},envoy_cluster_name="${subset}",consul_destination_custom_hash="",consul_destination_service_subset="${subset}",consul_destination_service="payments-00000",consul_destination_namespace="default",consul_destination_partition="",consul_destination_datacenter="dc1",consul_destination_routing_type="internal",consul_destination_trust_domain="${domain}",consul_destination_target="${target}",consul_destination_full_target="${target}.internal.${domain}",consul_custom_hash="",consul_service_subset="${subset}",consul_service="payments-00000",consul_namespace="default",consul_datacenter="dc1",consul_routing_type="internal",consul_trust_domain="${domain}",consul_target="${target}",consul_full_target="${target}.internal.${domain}"`;
}

const LABELS = { blue: labelsOf('blue'), green: labelsOf('green') };

/** The page of any caller now; every family is on it that the filter, which is the bench's own business, asks for. */
function pageNow(filter: string): string {
  const sent = Math.floor(((Date.now() - began) / 1_000) * RATE * 100);
  const lines: string[] = [];
  const wanted = new RegExp(filter);
  const add = (raw: string, name: string, count: (subset: 'blue' | 'green') => string): void => {
    if (wanted.test(raw)) lines.push(`# TYPE ${name} counter`, count('blue'), count('green'));
  };
  const of = (subset: 'blue' | 'green'): number => Math.floor((sent * (subset === 'blue' ? 80 : 20)) / 10_000);
  for (const prefix of ['external_', 'internal_', ''])
    add('cluster.green.upstream_rq_2xx', `envoy_cluster_${prefix}upstream_rq_xx`, (subset) =>
      [`envoy_cluster_${prefix}upstream_rq_xx{envoy_response_code_class="2",${LABELS[subset]}} ${of(subset)}`].join('\n'),
    );
  for (const name of ['upstream_rq_total', 'upstream_rq_active', 'upstream_cx_active'])
    add(`cluster.green.${name}`, `envoy_cluster_${name}`, (subset) =>
      [`envoy_cluster_${name}{${LABELS[subset]}} ${name.endsWith('total') ? of(subset) : 0}`].join('\n'),
    );
  lines.push(
    '# TYPE envoy_server_uptime gauge',
    `envoy_server_uptime{${SERVER}} ${Math.floor((Date.now() - began) / 5_000) * 5 + 60}`,
  );
  add('cluster.green.upstream_rq_time', 'envoy_cluster_upstream_rq_time', (subset) =>
    [
      ...EDGES.map((edge) => `envoy_cluster_upstream_rq_time_bucket{${LABELS[subset]},le="${edge}"} ${of(subset)}`),
      `envoy_cluster_upstream_rq_time_count{${LABELS[subset]}} ${of(subset)}`,
    ].join('\n'),
  );
  lines.push(
    '# TYPE envoy_server_initialization_time_ms histogram',
    ...EDGES.map((edge) => `envoy_server_initialization_time_ms_bucket{${SERVER},le="${edge}"} 1`),
    `envoy_server_initialization_time_ms_sum{${SERVER}} 235`,
    `envoy_server_initialization_time_ms_count{${SERVER}} 1`,
  );
  return `${lines.join('\n')}\n`;
}

/** Every address of 127.0.0.0/8 at its port is a caller of its own. */
const server = createServer((request, response) => {
  const caller = request.socket.localAddress ?? '';
  const now = performance.now();
  times.push(now);
  const before = lastRead.get(caller);
  if (before !== undefined) gaps.push(now - before);
  lastRead.set(caller, now);
  response.end(pageNow(new URL(request.url ?? '/', 'http://caller').searchParams.get('filter') ?? ''));
});
server.keepAliveTimeout = 0;
server.listen(0, '0.0.0.0', () => process.send?.({ port: (server.address() as AddressInfo).port }));

process.on('message', () => {
  let peak = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to]! - times[from]! >= 1_000) from++;
    peak = Math.max(peak, to - from + 1);
  }
  process.send?.({ pages: times.length, peak, gaps, callers: lastRead.size } satisfies Asked);
  times = [];
  gaps = [];
  lastRead = new Map();
});
process.on('disconnect', () => process.exit());
