/** How the metrics of proxies are reached where that is not told by the address that they bind themselves. */
export interface MetricsAccess {
  /** The key of the Meta that says the port, or host:port, as it is reached from outside: for schedulers that map ports. */
  readonly portMeta?: string;
  /** The path of the page; default /metrics. */
  readonly path?: string;
  /** The pages are served over TLS. */
  readonly tls?: MetricsTls;
}

/** Files in PEM, and the name that the certificate is for where that is not the address. */
export interface MetricsTls {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly serverName?: string;
}

/** What a proxy's registration says of where its metrics are. */
export interface MetricsPlace {
  /** host:port that it binds by its own configuration, reached from outside; absent where it binds none. */
  readonly address?: string;
  /** Where the proxy itself is reached. */
  readonly host?: string;
  readonly meta?: Readonly<Record<string, string>>;
}

/** host:port of a proxy's metrics, or why there is none: by the port in its Meta where the plan says so, else by what it binds. */
export function metricsOf(
  { address, host, meta = {} }: MetricsPlace,
  { portMeta }: MetricsAccess = {},
): { readonly address: string } | { readonly why: string } {
  const said = portMeta === undefined ? undefined : meta[portMeta];
  if (portMeta !== undefined && said !== undefined && said !== '') {
    const whole = /^\d+$/.test(said) && host ? `${host.includes(':') ? `[${host}]` : host}:${said}` : said;
    const port = Number(/^(?:[^\s:/]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/.exec(whole)?.[1] ?? 0);
    if (port > 0 && port <= 65_535) return { address: whole };
    return { why: `its Meta says ${portMeta} = ${JSON.stringify(said)}, which is no port and no host:port` };
  }
  if (address !== undefined) return { address };
  const unset = 'it shows no metrics: envoy_prometheus_bind_addr is not set';
  return { why: portMeta === undefined ? unset : `${unset}, and its Meta has no ${portMeta}` };
}
