import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A tiny HTTP app of one version; every answer is `{"version":"3"}`, and every WebSocket is let in. Its behaviour may be set while it runs. */
export interface ServiceApp {
  readonly version: string;
  readonly port: number;
  /** The share of answers that are `errorStatus`, 0..1. */
  errorRate: number;
  errorStatus: number;
  /** The share of requests that are never answered, 0..1, at even distances. */
  hangRate: number;
  /** Failures at even distances, the same in every run, or at random. */
  errors: 'even' | 'random';
  /** Fails each request whose header `x-way` says this, and no other. */
  failsFor: string | undefined;
  /** Time before each answer. */
  latencyMs: number;
  answered: number;
  failed: number;
  /** Closes it and its connections. */
  stop(): Promise<void>;
}

/** Starts an app on a free port of 127.0.0.1, healthy. */
export async function startServiceApp(version: string): Promise<ServiceApp> {
  let [owed, owedHang] = [0, 0];
  const body = JSON.stringify({ version });
  const server = createServer((request, response) => {
    owedHang += app.hangRate;
    if (owedHang >= 1) {
      owedHang -= 1;
      return;
    }
    const failed = fails() || (app.failsFor !== undefined && request.headers['x-way'] === app.failsFor);
    app.answered += 1;
    if (failed) app.failed += 1;
    const answer = (): void =>
      void response.writeHead(failed ? app.errorStatus : 200, { 'content-type': 'application/json' }).end(body);
    if (app.latencyMs > 0) setTimeout(answer, app.latencyMs);
    else answer();
  });
  server.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.on('end', () => socket.end()).on('error', () => undefined);
  });
  // A sidecar keeps its connections; an app that closed idle ones would now and then meet a request in flight and fail it.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const app: ServiceApp = {
    version,
    port: (server.address() as AddressInfo).port,
    errorRate: 0,
    errorStatus: 500,
    hangRate: 0,
    errors: 'even',
    failsFor: undefined,
    latencyMs: 0,
    answered: 0,
    failed: 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return app;

  function fails(): boolean {
    if (app.errors === 'random') return Math.random() < app.errorRate;
    owed += app.errorRate;
    if (owed < 1) return false;
    owed -= 1;
    return true;
  }
}
