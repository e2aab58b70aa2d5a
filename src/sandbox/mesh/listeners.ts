import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { renderMetrics } from './metrics.js';
import type { Traffic } from './traffic.js';

/** A listener on 127.0.0.1: `host:port`, and how to close it. */
export interface Listener {
  readonly address: string;
  close(): Promise<void>;
}

/** Serves one caller's counters in Prometheus text, as Envoy does at `envoy_prometheus_bind_addr`. */
export function serveMetrics(traffic: Traffic, caller: string, datacenter: string): Promise<Listener> {
  const began = Date.now();
  return listen((request, response) => {
    const url = new URL(request.url ?? '/', 'http://proxy');
    const counters = traffic.counters.get(caller)?.values() ?? [];
    const body = renderMetrics(
      { service: caller, datacenter, began },
      counters,
      url.searchParams.get('filter') ?? '',
      url.searchParams.has('usedonly'),
    );
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=UTF-8' }).end(body);
  });
}

/** Serves people with curl: each request goes through the split as a caller's would. */
export function serveEntry(traffic: Traffic, service: string): Promise<Listener> {
  return listen((request, response) => {
    const path = new URL(request.url ?? '/', 'http://entry').pathname;
    const answer = traffic.send({ path, headers: request.headers as Readonly<Record<string, string | undefined>> });
    setTimeout(() => {
      const alone = answer.latencyMs === undefined;
      response.writeHead(answer.status, { ...answer.headers, 'Content-Type': alone ? 'text/plain' : 'application/json' });
      response.end(
        alone ? 'no healthy upstream' : `${JSON.stringify({ service, version: answer.version, subset: answer.subset })}\n`,
      );
    }, answer.latencyMs ?? 0);
  });
}

async function listen(handler: RequestListener): Promise<Listener> {
  const server = createServer(handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
