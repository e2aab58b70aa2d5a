import { expect } from 'chai';
import { InFlightReader } from '../../src/signals/in-flight.js';
import { FakeCatalog, flightLines, type Local, PAYMENTS, refusingAddress, serve, sidecar } from './fakes.js';

describe('requests in flight', () => {
  let catalog: FakeCatalog;
  let reader: InFlightReader;
  const servers: Local[] = [];
  beforeEach(() => {
    catalog = new FakeCatalog();
    reader = new InFlightReader(catalog, () => 1_000_000);
  });
  afterEach(async () => {
    reader.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const callers = async (...pages: readonly (string | undefined)[]): Promise<void> => {
    const addresses: (string | undefined)[] = [];
    for (const page of pages) {
      if (page === undefined) {
        addresses.push(await refusingAddress());
        continue;
      }
      const server = await serve((_, response) => response.end(page));
      servers.push(server);
      addresses.push(server.address);
    }
    catalog.proxies = { 'web-sidecar-proxy': addresses.map((address) => sidecar(address)) };
  };

  it('are those of all callers to this subset of this service', async () => {
    const others = flightLines('green', 7, 70) + flightLines('blue', 5, 50, 'stock') + flightLines('blue2', 9, 90);
    await callers(flightLines('blue', 2, 20) + others, flightLines('blue', 1, 10));
    expect(await reader.read(PAYMENTS, 'blue')).to.deep.equal({ active: 3, sent: 30, complete: true });
    expect(new Set(servers.flatMap(({ asked }) => asked.map(decodeURIComponent)))).to.deep.equal(
      new Set(['/metrics?usedonly&filter=upstream_rq_(active|total)$']),
    );
  });

  it('are none where Envoy shows none', async () => {
    await callers('');
    expect(await reader.read(PAYMENTS, 'blue')).to.deep.equal({ active: 0, sent: 0, complete: true });
  });

  it('are known in part where a caller cannot be read, shows no metrics, or is hidden', async () => {
    const partly = { active: 2, sent: 20, complete: false };
    await callers(flightLines('blue', 2, 20), undefined);
    expect(await reader.read(PAYMENTS, 'blue')).to.deep.equal(partly);
    reader = new InFlightReader(catalog, () => 1_000_000);
    await callers(flightLines('blue', 2, 20));
    catalog.proxies = { ...catalog.proxies, 'api-sidecar-proxy': [sidecar(undefined)] };
    expect(await reader.read(PAYMENTS, 'blue')).to.deep.equal(partly);
    reader = new InFlightReader(catalog, () => 1_000_000);
    await callers(flightLines('blue', 2, 20));
    catalog.hidden = true;
    expect(await reader.read(PAYMENTS, 'blue')).to.deep.equal(partly);
  });

  it('are unknown where nobody can be read, and where nobody calls', async () => {
    await callers(undefined);
    expect(await reader.read(PAYMENTS, 'blue')).to.equal(undefined);
    reader = new InFlightReader(catalog, () => 1_000_000);
    catalog.proxies = {};
    expect(await reader.read(PAYMENTS, 'blue')).to.equal(undefined);
  });
});
