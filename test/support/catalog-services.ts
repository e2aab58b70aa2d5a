/** The one request that a Consul of the tests answers. */
interface Api {
  api(method: string, path: string, body?: unknown): Promise<unknown>;
}

/**
 * Registers versions 2 and 3 of a service that speaks http in the catalog itself, each with a sidecar and no check: they are there whichever
 * agents live, and over a restart of the servers.
 */
export async function registerInCatalog(consul: Api, service: string): Promise<void> {
  await consul.api('PUT', '/v1/config', { Kind: 'service-defaults', Name: service, Protocol: 'http' });
  for (const version of ['2', '3']) {
    const id = `${service}-${version}`;
    const place = { Address: '127.0.0.1', Port: 9_000 + Number(version), Meta: { version } };
    const proxy = { DestinationServiceName: service, DestinationServiceID: id };
    for (const instance of [
      { ID: id, Service: service, ...place },
      { ID: `${id}-proxy`, Service: `${service}-sidecar-proxy`, Kind: 'connect-proxy', Proxy: proxy, ...place },
    ])
      await consul.api('PUT', '/v1/catalog/register', { Node: 'apps', Address: '127.0.0.1', Service: instance });
  }
}
