import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Child, startChild } from '../child.js';
import type { ConsulAgent } from '../consul.js';
import { type Sidecar, startSidecar } from '../envoy.js';
import { freePorts } from '../ports.js';
import { until } from '../until.js';
import { backendBinary } from './backend-binary.js';

const SERVICE = 'backend-api';
const BOOT_MS = 45_000;

/** Nodes of one service behind the mesh, each with a binary that a script may swap and a supervisor that restarts it, as a fleet of the example's scripts. */
export interface Fleet {
  /** The folder that the scripts are given. */
  readonly folder: string;
  /** host:port of the /metrics of each node's application. */
  readonly metrics: readonly string[];
  /** The version that the running binary of each node says it is. */
  versions(): Promise<Readonly<Record<string, string>>>;
  /** How often each node was restarted. */
  readonly restarts: ReadonlyMap<string, number>;
  /** Keeps every restart waiting until the returned function is called. */
  holdRestarts(): () => void;
  stop(): Promise<void>;
}

/** Starts nodes with these names on binaries of version 2; resolves when callers may reach them all. `entrance` is the service at a caller's sidecar. */
export async function startFleet(consul: ConsulAgent, names: readonly string[], entrance: string): Promise<Fleet> {
  const home = mkdtempSync(join(tmpdir(), 'splitter-fleet-'));
  const folder = join(home, 'fleet');
  mkdirSync(folder);
  const running = new Map<string, Child>();
  const sidecars: Sidecar[] = [];
  const restarts = new Map<string, number>();
  const ports = new Map<string, number>();
  let gate: Promise<void> = Promise.resolve();

  const binaryOf = (name: string): string => join(folder, name, 'backend-api');
  const restart = async (name: string): Promise<void> => {
    await gate;
    await running.get(name)?.stop();
    restarts.set(name, (restarts.get(name) ?? -1) + 1);
    const environment = `PORT=${ports.get(name)}`;
    running.set(
      name,
      await startChild('/usr/bin/env', [environment, process.execPath, binaryOf(name)], join(folder, name, 'log')),
    );
  };
  const supervisor = createServer((request, response) => {
    restart(request.url!.slice(1)).then(
      () => response.end(),
      (error: Error) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve) => supervisor.listen(0, '127.0.0.1', resolve));
  const stop = async (): Promise<void> => {
    await Promise.all([...sidecars.map((sidecar) => sidecar.stop()), ...[...running.values()].map((child) => child.stop())]);
    await new Promise((resolve) => supervisor.close(resolve));
    rmSync(home, { recursive: true, force: true });
  };
  const startNode = async (name: string): Promise<void> => {
    const [port, sidecarPort, metricsPort] = (await freePorts(3)) as [number, number, number];
    ports.set(name, port);
    mkdirSync(join(folder, name));
    writeFileSync(binaryOf(name), backendBinary({ version: '2' }));
    const registration = JSON.stringify(register(name, port, sidecarPort, metricsPort), null, 2);
    writeFileSync(join(folder, `${name}.json`), registration);
    writeFileSync(
      join(folder, `${name}.env`),
      `BINARY=${binaryOf(name)}\nHEALTH=http://127.0.0.1:${port}/api/v1/health\nSIDECAR=http://127.0.0.1:${metricsPort}/metrics\n`,
    );
    await restart(name);
    await consul.api('PUT', '/v1/agent/service/register', registration.replaceAll('@VERSION@', '2'));
    sidecars.push(await startSidecar(consul, name));
  };

  try {
    const { port } = supervisor.address() as AddressInfo;
    writeFileSync(
      join(folder, 'fleet.env'),
      `SERVICE=${SERVICE} AGENT=${consul.address} ON_NODE= ENTRANCE=${entrance}\nRESTART="curl -sSf http://127.0.0.1:${port}/$NODE"\nLOCKS=${folder}/locks\n`,
    );
    const starts = await Promise.allSettled(names.map(startNode));
    for (const start of starts) if (start.status === 'rejected') throw start.reason;
    await until('every node among the passing instances', BOOT_MS, async () => {
      const passing = await consul.api<unknown[]>('GET', `/v1/health/connect/${SERVICE}?passing`);
      return passing?.length === names.length;
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    folder,
    metrics: names.map((name) => `127.0.0.1:${ports.get(name)}`),
    versions: async () =>
      Object.fromEntries(
        await Promise.all(
          names.map(async (name) => {
            const answer = await fetch(`http://127.0.0.1:${ports.get(name)}/`);
            return [name, ((await answer.json()) as { version: string }).version] as const;
          }),
        ),
      ),
    restarts,
    holdRestarts: () => {
      let release = (): void => undefined;
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    stop,
  };
}

function register(name: string, port: number, sidecarPort: number, metricsPort: number): object {
  return {
    Name: SERVICE,
    ID: name,
    Address: '127.0.0.1',
    Port: port,
    Meta: { version: '@VERSION@' },
    Check: { CheckID: `${name}-up`, Name: 'up', HTTP: `http://127.0.0.1:${port}/api/v1/health`, Interval: '1s', Timeout: '2s' },
    Connect: {
      SidecarService: {
        Address: '127.0.0.1',
        Port: sidecarPort,
        Checks: [
          { Name: 'listening', TCP: `127.0.0.1:${sidecarPort}`, Interval: '1s' },
          { Name: 'beside', AliasService: name, Status: 'passing' },
        ],
        Proxy: { Config: { envoy_prometheus_bind_addr: `127.0.0.1:${metricsPort}`, envoy_stats_flush_interval: '1s' } },
      },
    },
  };
}
