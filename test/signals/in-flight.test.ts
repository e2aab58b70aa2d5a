import { expect } from 'chai';
import { InFlightReader } from '../../src/signals/in-flight.js';
import { FakeCatalog, flightLines, inboundFlightLines, type Local, PAYMENTS, refusingAddress, serve, sidecar } from './fakes.js';

const BLUE = { name: 'blue', filter: 'Service.Meta.version == "2"' };

describe('requests in flight', () => {
  let catalog: FakeCatalog;
  let reader: InFlightReader;
  const servers: Local[] = [];
  const anew = (): void => {
    reader?.close();
    reader = new InFlightReader(catalog, () => 1_000_000, 500);
  };
  beforeEach(() => {
    catalog = new FakeCatalog();
    anew();
  });
  afterEach(async () => {
    reader.close();
    await Promise.all(servers.splice(0).map((server) => server.close()));
  });
  const serveAll = (pages: readonly (string | undefined)[]): Promise<readonly string[]> =>
    Promise.all(
      pages.map(async (page) => {
        if (page === undefined) return refusingAddress();
        const server = await serve((_, response) => response.end(page));
        servers.push(server);
        return server.address;
      }),
    );
  const callers = async (...pages: readonly (string | undefined)[]): Promise<void> => {
    catalog.proxies = { 'web-sidecar-proxy': (await serveAll(pages)).map((address) => sidecar(address)) };
  };
  const instances = async (...pages: readonly (string | undefined)[]): Promise<void> => {
    catalog.instances = (await serveAll(pages)).map((address) => ({
      Node: { Address: '127.0.0.1' },
      Service: { Proxy: { Config: { envoy_prometheus_bind_addr: address } } },
    }));
  };
  const COUNTED = { active: 2, sent: 20, earlier: 0, connections: 2, unknown: [] };

  it('are those of all callers to this subset of this service, and beside them those from before the split', async () => {
    const others = flightLines('green', 7, 70) + flightLines('blue', 5, 50, 'stock') + flightLines('blue2', 9, 90);
    await callers(flightLines('blue', 2, 20) + flightLines('', 4, 400) + others, flightLines('blue', 1, 10));
    const { callers: flight, instances: none } = await reader.read(PAYMENTS, BLUE);
    expect(flight).to.deep.equal({ active: 3, sent: 30, earlier: 4, connections: 3, unknown: [] });
    expect(none).to.equal(undefined);
    expect(new Set(servers.flatMap(({ asked }) => asked.map(decodeURIComponent)))).to.deep.equal(
      new Set(['/metrics?usedonly&filter=upstream_(rq_(active|total)|cx_active)$']),
    );
  });

  it('are none where Envoy shows none', async () => {
    await callers('');
    expect((await reader.read(PAYMENTS, BLUE)).callers).to.deep.equal({ ...COUNTED, active: 0, sent: 0, connections: 0 });
  });

  it('are known in part where a caller cannot be read, shows no metrics, speaks tcp, or is hidden: it is named', async () => {
    await callers(flightLines('blue', 2, 20), undefined);
    const unread = async () => (await reader.read(PAYMENTS, BLUE)).callers;
    expect(await unread()).to.deep.equal({ ...COUNTED, unknown: ['web (cannot be read: connection refused)'] });
    anew();
    await callers(flightLines('blue', 2, 20));
    const silent = { ...sidecar(undefined, { DestinationServiceName: 'api' }), ServiceName: 'api-sidecar-proxy' };
    catalog.proxies = { ...catalog.proxies, 'api-sidecar-proxy': [silent] };
    expect(await unread()).to.deep.equal({ ...COUNTED, unknown: ['api (cannot be read: it shows no metrics)'] });
    anew();
    const [address] = await serveAll([flightLines('blue', 2, 20)]);
    const Upstreams = [{ DestinationType: 'service', DestinationName: 'payments', Config: { protocol: 'tcp' } }];
    catalog.proxies = { 'web-sidecar-proxy': [sidecar(address, { Upstreams })] };
    expect(await unread()).to.deep.equal({ ...COUNTED, unknown: ['web (speaks tcp to payments)'] });
    anew();
    await callers(flightLines('blue', 2, 20));
    catalog.hidden = true;
    expect(await unread()).to.deep.equal({ ...COUNTED, unknown: ['callers that ACLs hide from this token'] });
  });

  it('were sent by each caller whose requests pass the splitter: to one subset, and in all', async () => {
    const page = flightLines('blue', 2, 20) + flightLines('green', 0, 70) + flightLines('', 0, 5);
    const [web, app, tcp] = await serveAll([page, undefined, page]);
    const Upstreams = [{ DestinationType: 'service', DestinationName: 'payments', Config: { protocol: 'tcp' } }];
    const named = (name: string, address: string | undefined, more = {}) => [
      { ...sidecar(address, { DestinationServiceName: name, ...more }), ServiceName: `${name}-sidecar-proxy` },
    ];
    catalog.proxies = {
      'web-sidecar-proxy': named('web', web),
      'app-sidecar-proxy': named('app', app),
      'tcp-sidecar-proxy': named('tcp', tcp, { Upstreams }),
    };
    expect(await reader.readSent(PAYMENTS, 'green')).to.deep.equal({
      callers: [{ name: 'web', id: 'web-sidecar-proxy', node: '', at: 1_000_000, gone: 70, all: 95 }],
      unread: ['app'],
    });
    anew();
    catalog.down = true;
    expect(await reader.readSent(PAYMENTS, 'green')).to.deep.equal({ callers: [], unread: [] });
  });

  it('are unknown where nobody can be read, and where nobody calls', async () => {
    await callers(undefined);
    expect(await reader.read(PAYMENTS, BLUE)).to.deep.equal({});
    anew();
    catalog.proxies = {};
    expect(await reader.read(PAYMENTS, BLUE)).to.deep.equal({});
  });

  it('are those of all its instances too, where every one of them can be read', async () => {
    await instances(inboundFlightLines(2, 30, 5), inboundFlightLines(0, 4, 1));
    expect(await reader.read(PAYMENTS, BLUE)).to.deep.equal({ instances: { active: 2, received: 34, connections: 6 } });
    expect(catalog.asked.find((path) => path.includes('/health/connect/payments'))).to.include('Meta.version');
    await instances(inboundFlightLines(2, 30, 5), undefined);
    expect(await reader.read(PAYMENTS, BLUE)).to.deep.equal({});
    await instances('# TYPE envoy_tcp_downstream_cx_total counter\n');
    expect(await reader.read(PAYMENTS, BLUE)).to.deep.equal({});
  });
});
