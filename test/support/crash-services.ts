/** The one request that a Consul agent of the tests answers. */
interface Api {
  api(method: string, path: string, body?: unknown): Promise<unknown>;
}

/** Registers versions 2 and 3 of a service that speaks http, each with a sidecar that passes; nothing listens there. */
export async function registerVersions(consul: Api, service: string): Promise<void> {
  await consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: service, Protocol: 'http' });
  for (const version of ['2', '3'])
    await consul.api('PUT', '/v1/agent/service/register', {
      Name: service,
      ID: `${service}-${version}`,
      Port: 9_000 + Number(version),
      Meta: { version },
      Connect: {
        SidecarService: { Port: 9_100 + Number(version), Checks: [{ Name: 'up', TTL: '24h', Status: 'passing' }] },
      },
    });
}
