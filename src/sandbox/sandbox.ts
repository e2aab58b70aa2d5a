import { decodeEntry, putEntry } from './consul/config.js';
import type { Faults } from './consul/faults.js';
import type { CheckStatus } from './consul/records.js';
import { type Consul, startConsul } from './consul/serve.js';
import { controlRoutes } from './control-routes.js';
import { InstancePages } from './mesh/instance-pages.js';
import { deployVersion, registerCaller, reportVersion, stopVersion } from './mesh/instances.js';
import { type Listener, serveEntry, serveMetrics } from './mesh/listeners.js';
import { seedRandom } from './mesh/random.js';
import { type Behaviour, type Received, type SubsetStats, Traffic } from './mesh/traffic.js';

/** How to start the sandbox; everything has a default. */
export interface SandboxOptions {
  /** Consul's port; 0 or absent: any free one. */
  readonly port?: number;
  /** Requests a second, 200 by default. */
  readonly traffic?: number;
  /** The same seed draws the same traffic. */
  readonly seed?: number;
  /** The service that is split, `payments` by default. */
  readonly service?: string;
  /** Who calls it, `web` by default. */
  readonly callers?: readonly string[];
  /** Whether the instances' own sidecars show what they count; true by default. */
  readonly instanceMetrics?: boolean;
}

/** A running sandbox: a Consul to talk to over HTTP, a service in versions 2 and 3 behind it, and traffic. */
export interface Sandbox {
  /** `http://127.0.0.1:PORT`, for CONSUL_HTTP_ADDR. */
  readonly consulAddress: string;
  /** `http://127.0.0.1:PORT`: each request goes through the split. */
  readonly entryAddress: string;
  readonly faults: Faults;
  /** What to type in another terminal. */
  readonly help: string;
  /** Changes how a version answers; what is not given stays. Returns the behaviour in force. */
  setBehaviour(version: string, behaviour: Partial<Behaviour>): Behaviour;
  /** Registers instances (one by default) of a version; returns their ids. */
  deploy(version: string, instances?: number): string[];
  stopInstances(version: string): void;
  setHealth(version: string, status: CheckStatus): void;
  /** Totals by subset name; under the empty name what no subset took. */
  stats(): Readonly<Record<string, SubsetStats>>;
  stop(): Promise<void>;
}

const HEALTHY: Behaviour = { errorRate: 0, latencyMs: 12 };
const INSTANCES = 2;

/** Starts the sandbox on free ports of 127.0.0.1: the service has protocol http, and neither resolver nor splitter yet. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, traffic: rate = 200, seed = 1, service = 'payments', callers = ['web'] } = options;
  const { instanceMetrics = true } = options;
  let running: Sandbox | undefined;
  const consul = await startConsul({ port, routes: controlRoutes(() => running as Sandbox) });
  const { state } = consul;
  const { kind, content } = decodeEntry({ Kind: 'service-defaults', Name: service, Protocol: 'http' });
  putEntry(state, kind, content, undefined);
  const received: Received = new Map();
  const pages = new InstancePages(received, service);
  await pages.open();
  const addressOf = (version: string): string | undefined => (instanceMetrics ? pages.addressOf(version) : undefined);
  for (const version of ['2', '3']) deployVersion(state, service, version, INSTANCES, addressOf(version));
  const traffic = new Traffic(state, service, callers, seedRandom(seed), received);
  const listeners: Listener[] = [];
  for (const caller of callers) {
    const metrics = await serveMetrics(traffic, caller, state.datacenter);
    registerCaller(state, caller, service, metrics.address);
    listeners.push(metrics);
  }
  const entry = await serveEntry(traffic, service);
  traffic.start(rate);
  running = assemble(consul, traffic, pages, [...listeners, entry], entry, service);
  return running;
}

function assemble(
  consul: Consul,
  traffic: Traffic,
  pages: InstancePages,
  listeners: readonly Listener[],
  entry: Listener,
  service: string,
): Sandbox {
  const { state } = consul;
  const entryAddress = `http://${entry.address}`;
  return {
    consulAddress: consul.address,
    entryAddress,
    faults: consul.faults,
    help: describeControls(consul.address, entryAddress),
    setBehaviour(version, behaviour) {
      const merged = { ...(traffic.behaviours.get(version) ?? HEALTHY), ...behaviour };
      traffic.behaviours.set(version, merged);
      return merged;
    },
    deploy(version, instances = 1) {
      const ids = deployVersion(state, service, version, instances, pages.addressOf(version));
      void pages.open();
      return ids;
    },
    stopInstances: (version) => stopVersion(state, service, version),
    setHealth: (version, status) => reportVersion(state, service, version, status),
    stats: () => Object.fromEntries([...traffic.stats].map(([subset, stats]) => [subset, { ...stats }])),
    async stop() {
      traffic.stop();
      await Promise.all([consul.stop(), pages.close(), ...listeners.map((listener) => listener.close())]);
    },
  };
}

function describeControls(consul: string, entry: string): string {
  return [
    'In another terminal:',
    `  export CONSUL_HTTP_ADDR=${consul}`,
    `  curl ${entry}                                        one request through the split`,
    `  curl -X PUT '${consul}/sandbox/behaviour?version=3&errors=30%'    make version 3 fail (errors=0 heals it)`,
    `  curl -X PUT '${consul}/sandbox/behaviour?version=3&latency=800ms'   make it slow`,
    `  curl -X PUT '${consul}/sandbox/health?version=3&status=critical'    fail its health checks (passing, warning)`,
    `  curl -X PUT '${consul}/sandbox/stop?version=3'                      stop its instances`,
    `  curl -X PUT '${consul}/sandbox/deploy?version=4&instances=2'        deploy another version`,
    `  curl -X PUT '${consul}/sandbox/faults?leaderless=true'              take Consul's leader away (false gives it back)`,
    `  curl '${consul}/sandbox/stats'                                      requests and failures by subset`,
  ].join('\n');
}
