import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastWords, startChild } from './child.js';
import { runConsul } from './cli.js';
import type { ConsulAgent } from './consul.js';
import { freePort } from './ports.js';
import { findTool } from './tools/find.js';
import { until } from './until.js';

const BOOT_MS = 20_000;

/** A running Envoy beside one service instance. */
export interface Sidecar {
  readonly pid: number;
  /** The last lines that it wrote. */
  lastWords(): string;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

/** Starts the sidecar of a registered service instance, set up by Consul's own `connect envoy`; resolves when Envoy says LIVE. `grpc`: where it asks for its config instead of at Consul. */
export function startSidecar(consul: ConsulAgent, serviceId: string, grpc?: string): Promise<Sidecar> {
  return startEnvoy(consul, `the sidecar of ${serviceId}`, ['-sidecar-for', serviceId], grpc);
}

/** Starts the Envoy of a registered gateway of this kind; resolves when Envoy says LIVE. */
export function startGateway(consul: ConsulAgent, kind: 'ingress' | 'api', id: string): Promise<Sidecar> {
  return startEnvoy(consul, `the gateway ${id}`, ['-gateway', kind, '-service', id, '-proxy-id', id]);
}

async function startEnvoy(
  consul: ConsulAgent,
  what: string,
  whose: readonly string[],
  grpc = consul.grpcAddress,
): Promise<Sidecar> {
  const folder = mkdtempSync(join(tmpdir(), 'splitter-envoy-'));
  const admin = await freePort();
  const asked = ['connect', 'envoy', ...whose, '-bootstrap', '-admin-bind', `127.0.0.1:${admin}`, '-grpc-addr', grpc];
  const config = join(folder, 'bootstrap.json');
  writeFileSync(config, await runConsul(consul.address, asked, '', consul.managementToken));
  const flags = ['-c', config, '--use-dynamic-base-id', '--disable-hot-restart', '--concurrency', '1', '--log-level', 'warn'];
  const child = await startChild(findTool('envoy'), flags, join(folder, 'envoy.log'));
  const end = async (how: 'stop' | 'kill'): Promise<void> => {
    await child[how]();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(
      `${what} is live`,
      BOOT_MS,
      async () => (await (await fetch(`http://127.0.0.1:${admin}/ready`)).text()).trim() === 'LIVE',
      child,
    );
  } catch (error) {
    await end('kill');
    throw error;
  }
  return { pid: child.pid, lastWords: () => lastWords(child), stop: () => end('stop'), kill: () => end('kill') };
}
