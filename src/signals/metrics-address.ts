const WILDCARDS: readonly string[] = ['', '0.0.0.0', '::'];

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
