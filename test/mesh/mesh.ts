import { setTimeout as sleep } from 'node:timers/promises';
import { runConsul } from './cli.js';
import { type ConsulAgent, type ConsulOptions, startConsulAgent } from './consul.js';
import { startSidecar } from './envoy.js';
import { type Instance, startInstance } from './instance.js';
import { send } from './load.js';
import { freePorts } from './ports.js';
import type { ServiceApp } from './service.js';
import { until } from './until.js';
import { type RunningVersion, startVersion } from './version.js';

/** The service whose versions the tests split. */
export const SERVICE = 'payments';
/** The service that calls it. */
export const CALLER = 'web';

const BOOT_MS = 30_000;
const NO_CALLER = 'this mesh has no caller: start it with withCaller';
// A resolver must outlive its splitter in every Envoy: with less than 300 ms between the two, requests fail.
const UNSPLIT_MS = 2_000;

/** What the mesh starts with. */
export interface MeshOptions {
  /** Versions of the service; ['2', '3'] by default. */
  readonly versions?: readonly string[];
  /** Starts the caller `web` too; true by default. */
  readonly withCaller?: boolean;
  /** How Consul is to run. */
  readonly consul?: ConsulOptions;
}

/** A config entry as Consul takes and gives it. */
export interface ConfigEntry {
  readonly Kind: string;
  readonly Name: string;
  readonly [field: string]: unknown;
}

/** Consul, a service in several versions and its caller, each with its Envoy. */
export interface Mesh {
  readonly consul: ConsulAgent;
  /** http://127.0.0.1:PORT of Consul. */
  readonly address: string;
  /** The service as the caller reaches it, through the caller's sidecar. */
  readonly url: string;
  /** host:port of the caller's Prometheus endpoint (/metrics); throws without a caller. */
  readonly callerMetrics: string;
  /** The applications by version; replaced by `deploy`. */
  readonly apps: ReadonlyMap<string, ServiceApp>;
  /** host:port of the Prometheus endpoints of all sidecars that run now. */
  metrics(): string[];
  /** Process ids of all that the mesh runs now. */
  pids(): number[];
  /** Starts a version; resolves when callers may reach it. */
  deploy(version: string): Promise<ServiceApp>;
  /** Kills the caller's sidecar and starts it again as it was; its counters begin at 0. Resolves when the caller is served again. */
  restartCaller(): Promise<void>;
  /** Deregisters a version, then ends its sidecar and application. */
  stopVersion(version: string): Promise<void>;
  /** Turns the version's check critical. */
  fail(version: string): Promise<void>;
  /** Turns the version's check passing. */
  pass(version: string): Promise<void>;
  /** The stored entry, undefined when there is none. */
  config(kind: string, name: string): Promise<ConfigEntry | undefined>;
  putConfig(entry: ConfigEntry): Promise<void>;
  deleteConfig(kind: string, name: string): Promise<void>;
  /** Runs `consul ARGS` against this Consul; gives its output, rejects with what it wrote when it fails. */
  consulCli(args: readonly string[], stdin?: string): Promise<string>;
  /** Back to the start: no splitter, resolver, router, nor keys of splitter; the first versions run, pass and answer well. */
  reset(): Promise<void>;
  /** Ends all processes and removes all folders. */
  stop(): Promise<void>;
}

/** Starts the mesh; resolves when a request of the caller has reached the service. */
export async function startMesh({ versions = ['2', '3'], withCaller = true, ...options }: MeshOptions = {}): Promise<Mesh> {
  const consul = await startConsulAgent(options.consul);
  const [upstream, callerPort] = (await freePorts(2)) as [number, number];
  const url = `http://127.0.0.1:${upstream}/`;
  const running = new Map<string, RunningVersion>();
  const apps = new Map<string, ServiceApp>();
  let caller: Instance | undefined;

  const find = (version: string): RunningVersion => {
    const found = running.get(version);
    if (found === undefined) throw new Error(`version ${version} does not run; running: ${[...running.keys()].join(', ')}`);
    return found;
  };
  const deploy = async (version: string): Promise<ServiceApp> => {
    if (running.has(version)) throw new Error(`version ${version} runs already`);
    const started = await startVersion(consul, SERVICE, version);
    running.set(version, started);
    apps.set(version, started.app);
    return started.app;
  };
  const stopVersion = async (version: string): Promise<void> => {
    const leaving = find(version);
    running.delete(version);
    apps.delete(version);
    await leaving.leave();
  };
  const startCaller = async (): Promise<void> => {
    caller = await startInstance(consul, { service: CALLER, id: CALLER, port: callerPort, upstreams: { [SERVICE]: upstream } });
  };
  const restartCaller = async (): Promise<void> => {
    if (caller === undefined) throw new Error(NO_CALLER);
    await caller.sidecar.kill();
    caller = { ...caller, sidecar: await startSidecar(consul, CALLER) };
    await until('an answer through the new sidecar', BOOT_MS, async () => (await send(url)).status === 200);
  };
  const config = (kind: string, name: string) => consul.api<ConfigEntry>('GET', `/v1/config/${kind}/${name}`);
  const putConfig = (entry: ConfigEntry) => consul.api('PUT', '/v1/config', entry).then(() => {});
  const deleteConfig = (kind: string, name: string) => consul.api('DELETE', `/v1/config/${kind}/${name}`).then(() => {});
  const speakHttp = async (): Promise<void> => {
    for (const Name of [SERVICE, CALLER]) await putConfig({ Kind: 'service-defaults', Name, Protocol: 'http' });
  };
  const reset = async (): Promise<void> => {
    await deleteConfig('service-router', SERVICE);
    if ((await config('service-splitter', SERVICE)) !== undefined) {
      await deleteConfig('service-splitter', SERVICE);
      await sleep(UNSPLIT_MS);
    }
    await deleteConfig('service-resolver', SERVICE);
    await consul.api('DELETE', '/v1/kv/splitter/?recurse');
    await speakHttp();
    for (const version of [...running.keys()].filter((version) => !versions.includes(version))) await stopVersion(version);
    for (const version of versions.filter((version) => !running.has(version))) await deploy(version);
    for (const { app, instance } of running.values()) {
      Object.assign(app, { errorRate: 0, errorStatus: 500, hangRate: 0, errors: 'even' });
      Object.assign(app, { failsFor: undefined, latencyMs: 0, answered: 0, failed: 0 });
      await instance.pass();
    }
  };
  const stop = async (): Promise<void> => {
    await Promise.all([...[...running.values()].map((version) => version.end()), caller?.sidecar.stop()]);
    await consul.stop();
  };

  try {
    await speakHttp();
    const starts = await Promise.allSettled([...versions.map(deploy), ...(withCaller ? [startCaller()] : [])]);
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    if (withCaller) await until('a first answer through the caller', BOOT_MS, async () => (await send(url)).status === 200);
  } catch (error) {
    await stop();
    throw error;
  }
  const instances = (): Instance[] => [
    ...(caller === undefined ? [] : [caller]),
    ...[...running.values()].map(({ instance }) => instance),
  ];
  return {
    consul,
    address: consul.address,
    url,
    get callerMetrics() {
      if (caller === undefined) throw new Error(NO_CALLER);
      return caller.metrics;
    },
    apps,
    metrics: () => instances().map(({ metrics }) => metrics),
    pids: () => [consul.pid, ...instances().map(({ sidecar }) => sidecar.pid)],
    deploy,
    restartCaller,
    stopVersion,
    fail: (version) => find(version).instance.fail(),
    pass: (version) => find(version).instance.pass(),
    config,
    putConfig,
    deleteConfig,
    consulCli: (args, stdin) => runConsul(consul.address, args, stdin, consul.managementToken),
    reset,
    stop,
  };
}
