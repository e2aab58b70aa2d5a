import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from './child.js';
import { type ConsulAgent, request } from './consul.js';
import { freePorts } from './ports.js';
import { findTool } from './tools/find.js';
import { until } from './until.js';

const BOOT_MS = 30_000;
const ELECTION_MS = 30_000;
const ASK_MS = 1_000;

/** One server of a cluster. Address, ports and data stay over a restart. */
export interface ConsulServer {
  readonly name: string;
  /** http://127.0.0.1:PORT */
  readonly address: string;
  /** What raft calls it: 127.0.0.1:PORT. */
  readonly raft: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  readonly running: boolean;
  api: ConsulAgent['api'];
  /** Starts it again with its data; resolves when the process runs, not when it has joined. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL after 3 s. There is no hand-over of leadership either way. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Consul servers on 127.0.0.1, each with ports of its own. */
export interface ConsulCluster {
  readonly servers: readonly ConsulServer[];
  /** Starts a client agent, which finds a living server for whoever asks it: what a machine with services has. Resolves when it has found one. */
  startClient(name: string): Promise<ConsulServer>;
  /** The running server that leads with a majority behind it; undefined when there is none now. */
  leader(): Promise<ConsulServer | undefined>;
  /** Waits for such a leader; rejects after 30 s. */
  waitForLeader(): Promise<ConsulServer>;
  /** Ends all servers and removes their data. */
  stop(): Promise<void>;
}

/** Starts servers and waits until they have a leader (about 2 s). Dead servers stay members, so that faults may follow one another without a pause. */
export async function startCluster(count = 3): Promise<ConsulCluster> {
  const folder = mkdtempSync(join(tmpdir(), 'splitter-cluster-'));
  const sets = await Promise.all(
    Array.from({ length: count }, async (_, i) => ({ name: `s${i + 1}`, ports: (await freePorts(4)) as unknown as ServerPorts })),
  );
  const members = sets.map(({ ports: [, , , serf] }) => `127.0.0.1:${serf}`);
  const servers = sets.map((set) => new Server(folder, set.name, set.ports, members, count));
  const clients: Server[] = [];
  const cluster: ConsulCluster = {
    servers,
    startClient: async (name) => {
      const client = new Server(folder, name, (await freePorts(4)) as unknown as ServerPorts, members, 0);
      clients.push(client);
      await client.start();
      await until('the client agent finds a server', BOOT_MS, () => ask(`${client.address}/v1/kv/?keys`));
      return client;
    },
    leader: () => findLeader(servers),
    waitForLeader: () => until('the cluster has a leader', ELECTION_MS, () => findLeader(servers)),
    stop: async () => {
      await Promise.all([...servers, ...clients].map((server) => server.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all(servers.map((server) => server.start()));
    await until('the cluster has booted', BOOT_MS, () => findLeader(servers));
  } catch (error) {
    await cluster.stop();
    throw error;
  }
  return cluster;
}

/** HTTP, gRPC, server RPC, serf. */
type ServerPorts = readonly [number, number, number, number];

class Server implements ConsulServer {
  readonly name: string;
  readonly address: string;
  readonly raft: string;
  readonly #file: string;
  readonly #log: string;
  #child: Child | undefined;

  /** `expect`: how many servers there are to be; 0 for a client agent. */
  constructor(folder: string, name: string, ports: ServerPorts, members: readonly string[], expect: number) {
    const [http, , rpc] = ports;
    this.name = name;
    this.address = `http://127.0.0.1:${http}`;
    this.raft = `127.0.0.1:${rpc}`;
    this.#file = join(folder, `${name}.hcl`);
    this.#log = join(folder, `${name}.log`);
    const data = join(folder, name);
    mkdirSync(data);
    writeFileSync(this.#file, settings(name, data, ports, members, expect));
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  get running(): boolean {
    return this.#child?.running() === true;
  }

  api<T>(method: string, path: string, body?: unknown, token?: string): Promise<T | undefined> {
    return request<T>(`${this.address}${path}`, method, body, token);
  }

  async start(): Promise<void> {
    if (!this.running) this.#child = await startChild(findTool('consul'), ['agent', `-config-file=${this.#file}`], this.#log);
  }

  async stop(): Promise<void> {
    if (this.running) await this.#child?.stop();
  }

  async kill(): Promise<void> {
    if (this.running) await this.#child?.kill();
  }
}

function settings(
  name: string,
  data: string,
  [http, grpc, rpc, serf]: ServerPorts,
  members: readonly string[],
  expect: number,
): string {
  return `
node_name = "${name}"
${expect === 0 ? 'server = false' : `server = true\nbootstrap_expect = ${expect}`}
data_dir = "${data}"
bind_addr = "127.0.0.1"
client_addr = "127.0.0.1"
retry_join = ${JSON.stringify(members)}
retry_interval = "1s"
disable_update_check = true
leave_on_terminate = false
ports {
  http = ${http}
  grpc = ${grpc}
  grpc_tls = -1
  dns = -1
  server = ${rpc}
  serf_lan = ${serf}
  serf_wan = -1
}
connect { enabled = true }
performance { raft_multiplier = 1 }
autopilot { cleanup_dead_servers = false }
`;
}

/** Every server names a dead leader for a while, so the one named is asked itself: a consistent read answers only with a majority. */
async function findLeader(servers: readonly Server[]): Promise<Server | undefined> {
  for (const asked of servers.filter((server) => server.running)) {
    const named = await ask(`${asked.address}/v1/status/leader`);
    const leader = servers.find((server) => server.running && named === JSON.stringify(server.raft));
    if (leader !== undefined && (await ask(`${leader.address}/v1/kv/?keys&consistent`)) !== undefined) return leader;
  }
  return undefined;
}

/** The text of an answer of 2xx or 404; undefined for any other, and for none within a second. */
async function ask(url: string): Promise<string | undefined> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    const text = await answer.text();
    return answer.ok || answer.status === 404 ? text.trim() : undefined;
  } catch {
    return undefined;
  }
}
