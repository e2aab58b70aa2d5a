import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { agentRoutes } from './agent-routes.js';
import {
  type Answer,
  type Call,
  type Handler,
  json,
  nothing,
  type Reply,
  type Routes,
  type Snapshot,
  type Watch,
} from './call.js';
import { registerOwnNode } from './catalog.js';
import { catalogRoutes } from './catalog-routes.js';
import { chainRoutes } from './chain-routes.js';
import { stopChecks } from './checks.js';
import { configRoutes } from './config-routes.js';
import { Failure } from './failure.js';
import { describeAccess, describeDenial, describeToken, type Faults } from './faults.js';
import { healthRoutes } from './health-routes.js';
import { hold, readBlocking } from './hold.js';
import { keyRoutes } from './key-routes.js';
import { sessionRoutes } from './session-routes.js';
import { stopSessions } from './sessions.js';
import { State } from './state.js';
import { statusRoutes } from './status-routes.js';
import { txnRoutes } from './txn-routes.js';

/** How to start; `routes` are served beside Consul's own. */
export interface ConsulOptions {
  /** 0 or absent: any free port. */
  readonly port?: number;
  readonly faults?: Partial<Faults>;
  readonly routes?: Routes;
}

/** A running sandbox Consul; set the fields of `faults` at any time, then call `announce` to wake the blocked readers. */
export interface Consul {
  /** `http://127.0.0.1:PORT`. */
  readonly address: string;
  readonly faults: Faults;
  /** What it holds, for the rest of the sandbox; everybody else goes through HTTP. */
  readonly state: State;
  announce(): void;
  stop(): Promise<void>;
}

const ROUTES: Routes = {
  ...configRoutes,
  ...keyRoutes,
  ...txnRoutes,
  ...sessionRoutes,
  ...catalogRoutes,
  ...agentRoutes,
  ...healthRoutes,
  ...chainRoutes,
  ...statusRoutes,
  '/v1/acl/token/self': { GET: nothing },
  '/v1/internal/acl/authorize': { POST: nothing },
};

/** Starts Consul's HTTP API in this process on 127.0.0.1, empty but for its own node. */
export async function startConsul(options: ConsulOptions = {}): Promise<Consul> {
  const state = new State();
  registerOwnNode(state);
  const faults: Faults = { leaderless: false, latencyMs: 0, ...options.faults };
  const routes = { ...ROUTES, ...options.routes };
  const server = createServer((request, response) => {
    void serve(request, response, state, faults, routes);
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}`,
    faults,
    state,
    announce: () => state.announce(),
    stop: () =>
      new Promise((resolve) => {
        stopSessions(state);
        stopChecks(state);
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  state: State,
  faults: Faults,
  routes: Routes,
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (faults.latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, faults.latencyMs));
    const url = new URL(request.url ?? '/', 'http://consul');
    const token = request.headers['x-consul-token'] ?? request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    await answer(request, response, url, Buffer.concat(chunks), String(token), { state, faults, routes, gone: gone.signal });
  } catch (error) {
    if (response.headersSent || response.destroyed) return;
    if (error instanceof Failure)
      send(response, { status: error.status, body: error.message, type: 'text/plain; charset=utf-8' }, false);
    else send(response, { status: 500, body: String(error), type: 'text/plain; charset=utf-8' }, false);
  }
}

interface Host {
  readonly state: State;
  readonly faults: Faults;
  readonly routes: Routes;
  readonly gone: AbortSignal;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  body: Buffer,
  token: string,
  { state, faults, routes, gone }: Host,
): Promise<void> {
  const found = findRoute(url.pathname, routes);
  if (found === undefined) throw new Failure(404, 'Invalid URL path: not a recognized HTTP API endpoint\n');
  response.setHeader('X-Consul-Default-ACL-Policy', faults.tokens === undefined ? 'allow' : 'deny');
  response.setHeader('Vary', 'Accept-Encoding');
  const method = request.method ?? 'GET';
  const handler = found.methods[method];
  if (handler === undefined) return refuseMethod(response, method, found.methods);
  if (url.pathname === '/v1/acl/token/self') return send(response, describeToken(faults, token), false);
  if (url.pathname === '/v1/internal/acl/authorize')
    return send(response, describeAccess(faults, token, body.toString('utf8')), false);
  const denial = describeDenial(faults, token, method, url.pathname, body.toString('utf8'));
  if (denial !== undefined) throw new Failure(403, denial);
  const stale = url.searchParams.has('stale');
  if (stale && url.searchParams.has('consistent')) {
    throw new Failure(400, 'Cannot specify ?stale with ?consistent, conflicting semantics.');
  }
  const needsLeader = !/^\/(v1\/(agent|status)|sandbox)\//.test(url.pathname);
  const lost = (): boolean => faults.leaderless && needsLeader && !stale;
  if (lost()) throw new Failure(500, 'No cluster leader');
  const call: Call = {
    method,
    rest: decodeURIComponent(url.pathname.slice(found.prefix.length)),
    query: url.searchParams,
    body,
    state,
  };
  const result: Answer = faults.leaderless && url.pathname === '/v1/status/leader' ? json('') : handler(call);
  const pretty = url.searchParams.has('pretty');
  if (typeof result !== 'function') return send(response, result, pretty);
  const snapshot = await wait(result, call, lost, gone);
  if (gone.aborted) return;
  response.setHeader('X-Consul-Index', String(Math.max(1, snapshot.index)));
  response.setHeader('X-Consul-KnownLeader', String(!faults.leaderless));
  response.setHeader('X-Consul-LastContact', '0');
  response.setHeader('X-Consul-Query-Backend', 'blocking-query');
  send(response, snapshot.reply(), pretty);
}

function wait(watch: Watch, call: Call, lost: () => boolean, gone: AbortSignal): Promise<Snapshot> {
  return hold(watch, readBlocking(call.query), call.state, lost, gone);
}

function findRoute(
  path: string,
  routes: Routes,
): { readonly prefix: string; readonly methods: Readonly<Record<string, Handler>> } | undefined {
  const exact = routes[path];
  if (exact !== undefined) return { prefix: path, methods: exact };
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const prefix = path.slice(0, end + 1);
    const methods = routes[prefix];
    if (methods !== undefined) return { prefix, methods };
  }
  return undefined;
}

function refuseMethod(response: ServerResponse, method: string, methods: Readonly<Record<string, Handler>>): void {
  response.setHeader('Allow', ['OPTIONS', ...Object.keys(methods)].join(','));
  if (method === 'OPTIONS') send(response, { status: 200, body: '', type: 'text/plain; charset=utf-8' }, false);
  else send(response, { status: 405, body: `method ${method} not allowed`, type: 'text/plain; charset=utf-8' }, false);
}

function send(response: ServerResponse, reply: Reply, pretty: boolean): void {
  const type = reply.type ?? 'application/json';
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  const body = pretty && type === 'application/json' ? indent(String(reply.body)) : reply.body;
  response.writeHead(reply.status, type === '' ? {} : { 'Content-Type': type });
  response.end(body);
}

/** Lays JSON text out by four spaces without reading its numbers, for a 64-bit hash would lose digits. */
function indent(text: string): string {
  let depth = 0;
  const line = (): string => `\n${'    '.repeat(depth)}`;
  const spaced = text.replace(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g, (token, at: number) => {
    if (token === '{' || token === '[') {
      const empty = /[}\]]/.test(text[at + 1] ?? '');
      depth += 1;
      return empty ? token : `${token}${line()}`;
    }
    if (token === '}' || token === ']') {
      depth -= 1;
      return /[{[]/.test(text[at - 1] ?? '') ? token : `${line()}${token}`;
    }
    if (token === ',') return `,${line()}`;
    return token === ':' ? ': ' : token;
  });
  return `${spaced}\n`;
}
