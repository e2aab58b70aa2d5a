import type { ConsulAgent } from './consul.js';
import { type CallOutcome, callOnce, type GrpcLoad, startGrpcLoad } from './grpc-load.js';
import { GRPC, type GrpcApp, startGrpcApp } from './grpc-service.js';
import { type Instance, startInstance } from './instance.js';
import { freePorts } from './ports.js';
import { until } from './until.js';

/** The gRPC service, and the service that calls it. */
export const BOOKS = 'books';
const DESK = 'desk';

const BOOT_MS = 30_000;

/** A gRPC service in versions 2 and 3 with its caller, each with its Envoy, beside what else a Consul has. */
export interface GrpcMesh {
  readonly apps: Readonly<Record<'2' | '3', GrpcApp>>;
  /** host:port of the caller's Prometheus endpoint. */
  readonly callerMetrics: string;
  /** One call of the caller, through its sidecar. */
  call(): Promise<CallOutcome>;
  /** Calls of the caller, through its sidecar, given up at `deadline` in ms. */
  load(rps: number, deadline?: number): GrpcLoad;
  /** Turns the check of version 3 critical, or passing again. */
  turn(how: 'fail' | 'pass'): Promise<void>;
  /** Ends its sidecars and applications. */
  stop(): Promise<void>;
}

/** Starts it; resolves when a call has reached the service. */
export async function startGrpcMesh(consul: ConsulAgent): Promise<GrpcMesh> {
  await consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: BOOKS, Protocol: 'grpc' });
  const [upstream, own] = (await freePorts(2)) as [number, number];
  const url = `http://127.0.0.1:${upstream}`;
  const apps = { 2: await startGrpcApp('2'), 3: await startGrpcApp('3') };
  const instances: Instance[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all([...instances.map(({ sidecar }) => sidecar.stop()), apps[2].stop(), apps[3].stop()]);
  };
  try {
    // One after the other: registered at once, the catalog now and then lacked a check for over 20 s that the agent had as passing.
    for (const { version, port } of [apps[2], apps[3]])
      instances.push(await startInstance(consul, { service: BOOKS, id: `${BOOKS}-${version}`, port, meta: { version } }));
    instances.push(await startInstance(consul, { service: DESK, id: DESK, port: own, upstreams: { [BOOKS]: upstream } }));
    await until('a first call through the caller', BOOT_MS, async () => (await callOnce(url)).status === GRPC.OK);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    apps,
    callerMetrics: instances[2]!.metrics,
    call: () => callOnce(url),
    load: (rps, deadline) => startGrpcLoad(url, rps, deadline),
    turn: (how) => instances[1]![how](),
    stop,
  };
}
