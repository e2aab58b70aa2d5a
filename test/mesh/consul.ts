import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complaintsOf, startChild } from './child.js';
import { freePorts } from './ports.js';
import { findTool } from './tools/find.js';
import { until } from './until.js';

const BOOT_MS = 30_000;

/** What may differ from a plain `consul agent -dev`. */
export interface ConsulOptions {
  /** ACLs on, default policy deny; this token may do everything. */
  readonly managementToken?: string;
  /** Further agent configuration, in HCL. */
  readonly hcl?: string;
  /** The node's name, `test` by default. */
  readonly node?: string;
  /** The HTTP port; any free one by default. */
  readonly port?: number;
}

/** A running dev agent on 127.0.0.1; it keeps its state in memory only. */
export interface ConsulAgent {
  /** http://127.0.0.1:PORT */
  readonly address: string;
  readonly grpcAddress: string;
  readonly pid: number;
  /** With which the harness may do everything, where ACLs are on. */
  readonly managementToken?: string;
  /** One request; gives the JSON (or text) of the answer, undefined for 404; rejects with Consul's words on any other failure. */
  api<T = unknown>(method: string, path: string, body?: unknown, token?: string): Promise<T | undefined>;
  /** The last warnings and errors that it wrote. */
  complaints(): string;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts `consul agent -dev` on free ports; resolves when it has a leader and takes requests. */
export async function startConsulAgent(options: ConsulOptions = {}): Promise<ConsulAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'splitter-consul-'));
  const [free, grpc, server, lan, wan] = (await freePorts(5)) as [number, number, number, number, number];
  const http = options.port ?? free;
  const { managementToken: token, hcl } = options;
  const args = ['agent', '-dev', `-node=${options.node ?? 'test'}`, '-bind=127.0.0.1', '-client=127.0.0.1', '-log-level=info'];
  args.push(`-http-port=${http}`, `-grpc-port=${grpc}`, '-grpc-tls-port=-1', '-dns-port=-1');
  args.push(`-server-port=${server}`, `-serf-lan-port=${lan}`, `-serf-wan-port=${wan}`, '-hcl=disable_update_check = true');
  if (token !== undefined)
    args.push(
      '-hcl=acl { enabled = true }',
      '-hcl=acl { default_policy = "deny" }',
      `-hcl=acl { tokens { initial_management = "${token}" agent = "${token}" } }`.replace('" agent', '"\nagent'),
    );
  if (hcl !== undefined) args.push(`-hcl=${hcl}`);
  const child = await startChild(findTool('consul'), args, join(folder, 'consul.log'));
  const address = `http://127.0.0.1:${http}`;
  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    await child[how]();
    rmSync(folder, { recursive: true, force: true });
  };
  const api: ConsulAgent['api'] = (method, path, body, by = token) => request(`${address}${path}`, method, body, by);
  try {
    await until(
      'consul has a leader',
      BOOT_MS,
      async () => ((await api<unknown[]>('GET', '/v1/health/service/consul?passing')) ?? []).length > 0,
      child,
    );
  } catch (error) {
    await end('kill');
    throw error;
  }
  return {
    address,
    grpcAddress: `http://127.0.0.1:${grpc}`,
    pid: child.pid,
    ...(token === undefined ? {} : { managementToken: token }),
    api,
    complaints: () => complaintsOf(child),
    stop: () => end('stop'),
    kill: () => end('kill'),
  };
}

/** One request to a Consul: JSON or text of the answer, undefined for 404; rejects with Consul's words otherwise. */
export async function request<T>(url: string, method: string, body: unknown, token: string | undefined): Promise<T | undefined> {
  const payload = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const answer = await fetch(url, { method, headers: token === undefined ? {} : { 'X-Consul-Token': token }, ...payload });
  const text = await answer.text();
  if (answer.status === 404) return undefined;
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  return (answer.headers.get('content-type')?.includes('json') && text !== '' ? JSON.parse(text) : text) as T;
}
