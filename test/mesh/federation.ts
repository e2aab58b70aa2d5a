import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ConsulAgent, startConsulAgent } from './consul.js';
import { until } from './until.js';

const JOIN_MS = 60_000;

/** Three Consul servers that are joined over the WAN: `second` takes its config entries from `first`, `stranger` keeps its own. */
export interface Federation {
  readonly first: ConsulAgent;
  readonly second: ConsulAgent;
  readonly stranger: ConsulAgent;
  stop(): Promise<void>;
}

/** Starts dc1, dc2 and dc3 and waits until each knows the others and dc2 has its certificates from dc1. */
export async function startFederation(): Promise<Federation> {
  const first = await startConsulAgent({ node: 'one', hcl: 'primary_datacenter = "dc1"' });
  const others = await Promise.all([
    startConsulAgent({ node: 'two', hcl: 'datacenter = "dc2"\nprimary_datacenter = "dc1"' }),
    startConsulAgent({ node: 'three', hcl: 'datacenter = "dc3"' }),
  ]);
  const [second, stranger] = others;
  const stop = async (): Promise<void> => {
    await Promise.all([first, ...others].map((agent) => agent.kill()));
  };
  const trust = async (name: string) =>
    (await first.api<{ TrustDomain: string }>('GET', `/v1/connect/ca/roots?dc=${name}`))?.TrustDomain;
  try {
    const [member] = (await first.api<{ Port: number }[]>('GET', '/v1/agent/members?wan=1')) ?? [];
    for (const agent of others) await agent.api('PUT', `/v1/agent/join/127.0.0.1:${member?.Port}?wan=1`);
    await until('three datacenters that know each other', JOIN_MS, async () => {
      for (const agent of [first, ...others])
        if ((await agent.api<string[]>('GET', '/v1/catalog/datacenters'))?.length !== 3) return false;
      return (await trust('dc2')) === (await trust('dc1'));
    });
  } catch (error) {
    await stop();
    throw error;
  }
  return { first, second, stranger, stop };
}

/** Registers an instance of a service with a sidecar that always passes; there is no process behind it. */
export async function register(
  consul: ConsulAgent,
  { service, version, proxy = {} }: { readonly service: string; readonly version: string; readonly proxy?: object },
): Promise<void> {
  const id = `${service}-${version}`;
  await consul.api('PUT', '/v1/agent/service/register', {
    Name: service,
    ID: id,
    Address: '127.0.0.1',
    Port: 9,
    Meta: { version },
    Connect: { SidecarService: { Port: 8, Proxy: proxy, Checks: [{ Name: 'up', TTL: '24h', Status: 'passing' }] } },
  });
  await until(`${id} in the catalog`, JOIN_MS, async () => {
    const found = await consul.api<{ Service: { ID: string } }[]>('GET', `/v1/health/connect/${service}?passing`);
    return found?.some(({ Service }) => Service.ID === `${id}-sidecar-proxy`);
  });
}

/** An endpoint that tells what an Envoy would: so many good answers of each subset so far. */
export async function startMetrics(
  service: string,
  answers: Readonly<Record<string, number>>,
): Promise<{ readonly address: string; stop(): void }> {
  const server: Server = createServer((_, response) => {
    const lines = Object.entries(answers).map(
      ([subset, count]) =>
        `envoy_cluster_upstream_rq_xx{envoy_response_code_class="2",consul_destination_service="${service}",consul_destination_service_subset="${subset}"} ${count}`,
    );
    response.end(`# TYPE envoy_cluster_upstream_rq_xx counter\n${lines.join('\n')}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}
