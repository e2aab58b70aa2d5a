import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { isLoopback } from '../net/loopback.js';
import type { TlsContext } from '../net/tls-files.js';
import type { Api } from './api/api.js';
import { assets } from './dashboard/assets.js';
import { hostGuard } from './host-guard.js';
import { type Health, type MetricsText, probes } from './probes.js';
import { refuse } from './refuse.js';

/** Where to listen, and what to tell there. Port 0 is any free port. */
export interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly metrics: MetricsText;
  readonly health: Health;
  /** Names that the server answers to besides its own; on an address that is not loopback it answers to any unless some are given. */
  readonly allowedHosts?: readonly string[];
  /** The API under /v1, and the page; neither when absent. */
  readonly api?: Api;
  /** How long a client may take for its request, and how long it may stop reading the answer, ms. */
  readonly patience?: number;
  /** What to serve with; plain HTTP when absent. */
  readonly tls?: TlsContext;
}

/** A server that listens. */
export interface Serving {
  /** http://HOST:PORT, or https:// */
  readonly address: string;
  /** Stops listening; answers under way have a moment to end. */
  close(): Promise<void>;
}

/** Why a server could not listen, with what to type next. */
export class ListenError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'ListenError';
    this.hint = hint;
  }
}

const PATIENCE = 10_000;
const GRACE = 500;
const LIMITS = { maxHeaderSize: 16_384, keepAliveTimeout: 5_000 };
const MOST_CONNECTIONS = 256;

/** Serves probes and metrics; rejects with a ListenError when the address cannot be had. */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { host = '127.0.0.1', port = 8410, patience = PATIENCE, tls } = options;
  const limits = {
    ...LIMITS,
    headersTimeout: patience,
    requestTimeout: patience,
    connectionsCheckingInterval: Math.min(1_000, patience),
  };
  const { fetch } = createApp(host, options);
  const server = (
    tls === undefined
      ? createAdaptorServer({ fetch, createServer, serverOptions: limits })
      : createAdaptorServer({ fetch, createServer: createTlsServer, serverOptions: { ...limits, ...tls.now() } })
  ) as Server;
  const stopFollowing = tls?.follow((pair) => (server as TlsServer).setSecureContext(pair));
  server.maxConnections = MOST_CONNECTIONS;
  // Cuts a connection on which nothing has moved for so long: a client that stopped reading.
  server.setTimeout(patience);
  await listen(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return {
    address: `${tls === undefined ? 'http' : 'https'}://${name}:${bound}`,
    close: () => {
      stopFollowing?.();
      return close(server, options.api);
    },
  };
}

function createApp(host: string, options: ServeOptions): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    c.header('x-content-type-options', 'nosniff');
    if (!c.res.headers.has('cache-control')) c.header('cache-control', 'no-store');
  });
  const { allowedHosts = [] } = options;
  if (isLoopback(host) || allowedHosts.length > 0) app.use(hostGuard(host, allowedHosts));
  app.route('/', probes(options));
  if (options.api !== undefined) app.route('/v1', options.api.routes).route('/', assets());
  app.notFound((c) => refuse(c, 404, 'not found', 'there are /healthz, /readyz and /metrics'));
  app.onError((error, c) => refuse(c, 500, 'internal error', error.message));
  return app;
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, host, port)));
    server.listen({ host, port }, resolve);
  });
}

function explain(error: NodeJS.ErrnoException, host: string, port: number): ListenError {
  const at = `${host}:${port}`;
  if (error.code === 'EADDRINUSE')
    return new ListenError(
      `${at} is taken by another program`,
      'stop it, or choose another address with --listen 127.0.0.1:8411',
    );
  if (error.code === 'EACCES')
    return new ListenError(`${at} may not be used by this user`, 'choose a port from 1024 on with --listen');
  return new ListenError(`cannot listen on ${at}: ${error.message}`, 'choose an address of this machine with --listen');
}

function close(server: Server, api: Api | undefined): Promise<void> {
  api?.close();
  return new Promise((resolve) => {
    const hammer = setTimeout(() => server.closeAllConnections(), GRACE);
    server.close(() => {
      clearTimeout(hammer);
      resolve();
    });
    server.closeIdleConnections();
  });
}
