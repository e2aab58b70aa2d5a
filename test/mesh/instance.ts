import type { ConsulAgent } from './consul.js';
import { type Sidecar, startSidecar } from './envoy.js';
import { freePorts } from './ports.js';
import { until } from './until.js';

/** The agent tells the catalog in the background, and where that fails once it waits some 15 s. */
const JOIN_MS = 45_000;

/** What is registered: one instance of a service, with its sidecar. */
export interface InstanceOptions {
  readonly service: string;
  readonly id: string;
  readonly port: number;
  readonly meta?: Readonly<Record<string, string>>;
  /** The sidecar's share among others, while it passes and in warning; both 1 by default. */
  readonly weights?: { readonly Passing: number; readonly Warning: number };
  /** Service name -> loopback port on which the sidecar offers it. */
  readonly upstreams?: Readonly<Record<string, number>>;
  /** The sidecar takes all that its service sends, at this port. */
  readonly transparentAt?: number;
  /** Where the sidecar asks for its config instead of at Consul. */
  readonly grpc?: string;
}

/** A registered instance with its running sidecar. */
export interface Instance {
  readonly id: string;
  /** host:port of the sidecar's Prometheus endpoint. */
  readonly metrics: string;
  readonly sidecar: Sidecar;
  /** Turns the instance's own check critical. */
  fail(): Promise<void>;
  /** Puts the instance's own check in warning. */
  warn(): Promise<void>;
  /** Turns the instance's own check passing. */
  pass(): Promise<void>;
  /** Takes the instance out of Consul, with its sidecar's registration. */
  deregister(): Promise<void>;
}

/** Registers an instance, starts its sidecar, and waits until Consul offers it to callers. */
export async function startInstance(consul: ConsulAgent, options: InstanceOptions): Promise<Instance> {
  const [sidecarPort, metricsPort] = (await freePorts(2)) as [number, number];
  const { service, id } = options;
  const metrics = `127.0.0.1:${metricsPort}`;
  const check = `${id}-up`;
  await consul.api('PUT', '/v1/agent/service/register', {
    Name: service,
    ID: id,
    Address: '127.0.0.1',
    Port: options.port,
    Meta: options.meta ?? {},
    Check: { CheckID: check, Name: 'up', TTL: '24h', Status: 'passing' },
    Connect: {
      SidecarService: {
        Address: '127.0.0.1',
        Port: sidecarPort,
        ...(options.weights === undefined ? {} : { Weights: options.weights }),
        // The default check runs every 10 s and starts critical; this one lets callers in within a second.
        Checks: [
          { Name: 'listening', TCP: `127.0.0.1:${sidecarPort}`, Interval: '1s' },
          // Passing from the start: the agent may lose a change that comes while it tells the catalog of the registration,
          // and then says nothing more for a minute or two.
          { Name: 'beside', AliasService: id, Status: 'passing' },
        ],
        Proxy: {
          ...(options.transparentAt === undefined
            ? {}
            : { Mode: 'transparent', TransparentProxy: { OutboundListenerPort: options.transparentAt } }),
          // Histograms are published at a flush; the default of 5 s would make every test wait for it.
          Config: { envoy_prometheus_bind_addr: metrics, envoy_stats_flush_interval: '1s' },
          Upstreams: Object.entries(options.upstreams ?? {}).map(([name, port]) => ({
            DestinationName: name,
            LocalBindAddress: '127.0.0.1',
            LocalBindPort: port,
          })),
        },
      },
    },
  });
  const sidecar = await startSidecar(consul, id, options.grpc);
  const turn = (how: 'fail' | 'warn' | 'pass'): Promise<void> =>
    consul.api('PUT', `/v1/agent/check/${how}/${check}`).then(() => {});
  try {
    await until(`${id} among the passing instances`, JOIN_MS, async () => {
      const passing = await consul.api<{ Service: { ID: string } }[]>('GET', `/v1/health/connect/${service}?passing`);
      return passing?.some(({ Service }) => Service.ID === `${id}-sidecar-proxy`);
    });
  } catch (error) {
    const why = `${await whyAbsent(consul, service)}\nits sidecar:\n${sidecar.lastWords()}`;
    await sidecar.kill();
    throw new Error(`${(error as Error).message}\n${why}`);
  }
  return {
    id,
    metrics,
    sidecar,
    fail: () => turn('fail'),
    warn: () => turn('warn'),
    pass: () => turn('pass'),
    deregister: () => consul.api('PUT', `/v1/agent/service/deregister/${id}`).then(() => {}),
  };
}

/** What the agent and the catalog each say of the checks, and the agent's complaints: they differ while the agent fails to tell the catalog. */
async function whyAbsent(consul: ConsulAgent, service: string): Promise<string> {
  type Check = { CheckID: string; ServiceID: string; Status: string; Output: string };
  const say = (checks: readonly Check[] = []): string =>
    checks.map(({ CheckID, ServiceID, Status, Output }) => `  ${ServiceID} ${CheckID} ${Status} ${Output}`).join('\n');
  const agent = await consul.api<Record<string, Check>>('GET', '/v1/agent/checks');
  const catalog = await consul.api<Check[]>('GET', `/v1/health/checks/${service}-sidecar-proxy`);
  return `agent:\n${say(Object.values(agent ?? {}))}\ncatalog:\n${say(catalog)}\nconsul:\n${consul.complaints()}`;
}
