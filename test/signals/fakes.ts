import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Target } from '../../src/ports.js';
import { runCommand } from '../../src/programs/command.js';
import type { CatalogAnswer, CatalogReader } from '../../src/signals/catalog-reader.js';
import type { RunProgram } from '../../src/signals/exec.js';

/** The target of all tests: payments, blue is stable, green is canary. */
export const PAYMENTS: Target = { service: 'payments', stable: 'blue', canary: 'green', callers: [] };

/** An abort signal that never fires. */
export const NEVER = new AbortController().signal;

/** A server on a free port of this host, with its address and what it was asked. */
export interface Local {
  readonly address: string;
  readonly asked: string[];
  close(): Promise<void>;
}

/** Starts a server that answers with the given function. */
export async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<Local> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? '');
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Starts a server and forgets it: an address that refuses. */
export async function refusingAddress(): Promise<string> {
  const server = await serve(() => undefined);
  await server.close();
  return server.address;
}

function clusterLabels(subset: string, service: string): string {
  return `local_cluster="web",consul_destination_routing_type="internal",consul_destination_datacenter="dc1",consul_destination_namespace="default",consul_destination_partition="default",consul_destination_service="${service}",consul_destination_service_subset="${subset}",envoy_cluster_name="${subset}"`;
}

/** Lines of Envoy's response-class counter, each repeated as the external family, which must not be counted. */
export function classLines(subset: string, counts: Readonly<Record<string, number>>, service = 'payments', of = ''): string {
  const line = (family: string, digit: string, count: number): string =>
    `envoy_cluster_${of}${family}upstream_rq_xx{envoy_response_code_class="${digit}",${clusterLabels(subset, service)}} ${count}\n`;
  return Object.entries(counts)
    .map(([digit, count]) => line('external_', digit, count) + line('internal_', digit, count) + line('', digit, count))
    .join('');
}

/** What an instance's own listener counted, with the lines of its other listeners, which must not be counted. */
export function inboundLines(counts: Readonly<Record<string, number>>): string {
  const line = (family: string, prefix: string, digit: string, count: number): string =>
    `envoy_${family}http_downstream_rq_xx{envoy_response_code_class="${digit}",local_cluster="payments",envoy_http_conn_manager_prefix="${prefix}"} ${count}\n`;
  return Object.entries(counts)
    .map(
      ([digit, count]) =>
        line('', 'admin', digit, 7_000) +
        line('', 'public_listener', digit, count) +
        line('listener_', 'public_listener', digit, count),
    )
    .join('');
}

/** Lines of Envoy's latency histogram: cumulative counts by bucket edge in ms, and how many requests there were. */
export function latencyLines(subset: string, buckets: Readonly<Record<string, number>>, count: number): string {
  const labels = clusterLabels(subset, 'payments');
  const edges = Object.entries(buckets).map(
    ([edge, fast]) => `envoy_cluster_upstream_rq_time_bucket{${labels},le="${edge}"} ${fast}\n`,
  );
  return `${edges.join('')}envoy_cluster_upstream_rq_time_bucket{${labels},le="+Inf"} ${count}\nenvoy_cluster_upstream_rq_time_sum{${labels}} 1\nenvoy_cluster_upstream_rq_time_count{${labels}} ${count}\n`;
}

/** Lines of Envoy's gauge of requests without an answer, of its counter of all, and of its gauge of connections: one for each request under way. */
export function flightLines(subset: string, active: number, sent: number, service = 'payments'): string {
  const labels = clusterLabels(subset, service);
  return `envoy_cluster_upstream_rq_active{${labels}} ${active}\nenvoy_cluster_upstream_rq_total{${labels}} ${sent}\nenvoy_cluster_upstream_cx_active{${labels}} ${active}\n`;
}

/** Lines of what an instance's sidecar has under way at the listener that the mesh reaches it by, with those of another listener. */
export function inboundFlightLines(active: number, received: number, connections: number): string {
  const lines = (prefix: string, plus: number): string =>
    Object.entries({ rq_active: active, rq_total: received, cx_active: connections })
      .map(([name, count]) => `envoy_http_downstream_${name}{envoy_http_conn_manager_prefix="${prefix}"} ${count + plus}\n`)
      .join('');
  return lines('public_listener', 0) + lines('upstream.orders', 9);
}

/** Lines of Envoy's counters of requests, and of its gauge of those under way, in its order. */
export function requestLines(subset: string, counts: Readonly<Record<string, number>>): string {
  const keys = ['cancelled', 'completed', 'retry', 'total', 'active'].filter((key) => counts[key] !== undefined);
  return keys.map((key) => `envoy_cluster_upstream_rq_${key}{${clusterLabels(subset, 'payments')}} ${counts[key]}\n`).join('');
}

/** Lines of Envoy's counters of answers by code. */
export function codeLines(subset: string, counts: Readonly<Record<string, number>>): string {
  const line = (code: string, count: number): string =>
    `envoy_cluster_upstream_rq{envoy_response_code="${code}",${clusterLabels(subset, 'payments')}} ${count}\n`;
  return Object.entries(counts)
    .map(([code, count]) => line(code, count))
    .join('');
}

/** A sidecar as the catalog lists it, calling payments, with its metrics at this bind address. */
export function sidecar(
  bind: string | undefined,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    ServiceKind: 'connect-proxy',
    ServiceName: 'web-sidecar-proxy',
    Address: '127.0.0.1',
    ServiceAddress: '',
    ServiceProxy: {
      DestinationServiceName: 'web',
      Upstreams: [{ DestinationType: 'service', DestinationName: 'payments' }],
      Config: bind === undefined ? {} : { envoy_prometheus_bind_addr: bind },
      ...more,
    },
  };
}

/** Lines of Envoy's gRPC counters, the method in the name as Consul's tags leave it, with those beside them that must not be counted. */
export function statusLines(subset: string, statuses: Readonly<Record<string, number>>, method = 'bank_Books_Balance_'): string {
  const labels = clusterLabels(subset, 'payments');
  const lines = Object.entries(statuses).map(([status, calls]) => `envoy_cluster_grpc_${method}${status}{${labels}} ${calls}\n`);
  const others = ['success', 'failure', 'total', 'request_message_count', 'response_message_count'];
  return [...lines, ...others.map((name) => `envoy_cluster_grpc_${method}${name}{${labels}} 9000\n`)].join('');
}

/** A catalog of proxies by kind and name, and the protocol of every discovery chain; `get` fails while `down` is set, and says so while something is `hidden`. */
export class FakeCatalog implements CatalogReader {
  down = false;
  hidden = false;
  protocol = 'http';
  readonly asked: string[] = [];
  proxies: Record<string, readonly Readonly<Record<string, unknown>>[]> = {};
  bound: Record<string, readonly string[]> = {};
  /** Config entries by kind. */
  entries: Record<string, readonly Readonly<Record<string, unknown>>[]> = {};
  namespaces: readonly string[] = [];
  /** Proxies are in other partitions only. */
  homeless = false;
  /** What the agent says of itself; it denies that where undefined. */
  agent: object | undefined = { Config: { Version: '1.22.5' }, DebugConfig: { ACLsEnabled: false } };
  /** What `/v1/health/connect` answers, of whatever subset. */
  instances: readonly Readonly<Record<string, unknown>>[] = [];
  /** Metrics addresses of the instances, by the subset whose filter they match. */
  instancePages: Record<string, readonly string[]> = {};

  async get(path: string, query: Readonly<Record<string, string>>): Promise<CatalogAnswer> {
    return { body: this.#answer(path, query), hidden: this.hidden };
  }

  #answer(path: string, query: Readonly<Record<string, string>>): unknown {
    this.asked.push(`${path} ${JSON.stringify(query)}`);
    if (this.down) throw new Error('Consul cannot be reached');
    if (path.startsWith('/v1/discovery-chain/')) return { Chain: { Protocol: this.protocol } };
    if (path.startsWith('/v1/config/service-resolver/'))
      return { Subsets: Object.fromEntries(Object.keys(this.instancePages).map((subset) => [subset, { Filter: subset }])) };
    if (path.startsWith('/v1/health/connect/'))
      return [
        ...this.instances,
        ...(this.instancePages[query.filter ?? ''] ?? []).map((bind) => ({
          Service: { Address: '127.0.0.1', Proxy: { Config: { envoy_prometheus_bind_addr: bind } } },
          Checks: [{ Status: 'passing' }],
        })),
      ];
    const [, , area, what, name] = path.split('/');
    if (area === 'config') return this.entries[what!] ?? [];
    if (area === 'namespaces') return this.namespaces.map((Name) => ({ Name }));
    if (area === 'agent') {
      if (this.agent === undefined) throw Object.assign(new Error('Permission denied'), { code: 'denied' });
      return this.agent;
    }
    if (what === 'services') {
      if (this.homeless && query.partition === undefined) return {};
      const wanted = Object.entries(this.proxies).filter(([, list]) =>
        list.some(({ ServiceKind }) => query.filter === `ServiceKind == "${ServiceKind}"`),
      );
      return Object.fromEntries(wanted.map(([service]) => [service, []]));
    }
    if (what === 'gateway-services') return (this.bound[name!] ?? []).map((service) => ({ Service: { Name: service } }));
    return this.proxies[name!] ?? [];
  }
}

/** Programs as the command line runs them. */
export const realPrograms: RunProgram = (command, variables, timeout, abort) =>
  runCommand({ command, timeout }, { PATH: process.env.PATH, ...variables }, abort);
