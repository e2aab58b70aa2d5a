import { isRecord } from '../core/is-record.js';
import type { MetricsPlace } from '../core/metrics-access.js';

const WILDCARDS: readonly string[] = ['', '0.0.0.0', '::'];

/** What a registration says of where the proxy's metrics are: what it binds, its own address, and its Meta. */
export function metricsPlace(bind: unknown, host: string, meta: unknown): MetricsPlace {
  const address = metricsAddress(bind, host);
  const texts = isRecord(meta)
    ? Object.entries(meta).filter((pair): pair is [string, string] => typeof pair[1] === 'string')
    : [];
  return {
    ...(address === undefined ? {} : { address }),
    ...(host === '' ? {} : { host }),
    ...(texts.length === 0 ? {} : { meta: Object.fromEntries(texts) }),
  };
}

/** The same of a row of `/v1/health/connect`. */
export function metricsPlaceOf(row: Readonly<Record<string, unknown>>): MetricsPlace {
  const service = isRecord(row.Service) ? row.Service : {};
  const proxy = isRecord(service.Proxy) ? service.Proxy : {};
  const node = isRecord(row.Node) ? row.Node : {};
  const bind = isRecord(proxy.Config) ? proxy.Config.envoy_prometheus_bind_addr : undefined;
  return metricsPlace(bind, String(service.Address || node.Address || ''), service.Meta);
}

/** Where a proxy's metrics are read: the `host:port` it binds, or its own address where it binds them all; undefined when it binds none. */
export function metricsAddress(bind: unknown, own: string): string | undefined {
  if (typeof bind !== 'string') return undefined;
  const [, host, port] = /^(.*):(\d+)$/.exec(bind.trim()) ?? [];
  if (host === undefined || port === undefined) return undefined;
  const bare = host.replace(/^\[|\]$/g, '');
  const reached = WILDCARDS.includes(bare) ? own : bare;
  if (reached === '') return undefined;
  return `${reached.includes(':') ? `[${reached}]` : reached}:${port}`;
}
