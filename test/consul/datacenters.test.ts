import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { ConsulClient } from '../../src/consul/client.js';
import { ConsulMesh } from '../../src/consul/mesh.js';
import { resolveSettings } from '../../src/consul/settings.js';

/** What an agent says: the datacenters it knows, itself, and each one's authority (trust domain, and whether it stands under another). */
interface World {
  names: readonly string[];
  self: { readonly Datacenter: string; readonly PrimaryDatacenter: string } | undefined;
  authorities: Record<string, readonly [string, boolean] | undefined>;
  /** Health and chains fail in these. */
  silent: readonly string[];
}

const SUBSETS = [{ name: 'blue', filter: 'Service.Meta.version == "2"' }];

describe('the datacenters that share config entries', () => {
  const world: World = { names: [], self: undefined, authorities: {}, silent: [] };
  let server: Server;
  let asked: string[] = [];
  let client: ConsulClient | undefined;
  before(async () => {
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '', 'http://consul');
      asked.push(`${request.method} ${url.pathname}${url.search}`);
      const dc = url.searchParams.get('dc') ?? world.self?.Datacenter ?? world.names[0] ?? '';
      const json = (body: unknown): void =>
        void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      const refuse = (status: number, text: string): void => void response.writeHead(status).end(text);
      if (url.pathname === '/v1/catalog/datacenters') return json(world.names);
      if (url.pathname === '/v1/agent/self')
        return world.self === undefined ? refuse(403, 'Permission denied') : json({ Config: world.self });
      if (url.pathname === '/v1/config') return json(dc === 'dc1');
      if (url.pathname.startsWith('/v1/config/')) return json({ Kind: 'service-splitter', ModifyIndex: dc === 'dc1' ? 7 : 70 });
      if (url.pathname === '/v1/connect/ca/roots') {
        const authority = world.authorities[dc];
        if (authority === undefined) return refuse(500, 'No path to datacenter');
        const [TrustDomain, derived] = authority;
        return json({ TrustDomain, Roots: [{ Active: true, ...(derived ? { IntermediateCerts: ['x'] } : {}) }] });
      }
      if (world.silent.includes(dc)) return refuse(500, 'rpc error getting client: failed to get conn');
      return json(url.pathname.startsWith('/v1/health/') ? [] : { Chain: {} });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  after(() => server.close());
  afterEach(() => client?.destroy());

  function mesh(change: Partial<World>, flags: object = {}): ConsulMesh {
    asked = [];
    Object.assign(world, { self: { Datacenter: 'dc1', PrimaryDatacenter: 'dc1' }, authorities: {}, silent: [] }, change);
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    client = new ConsulClient(resolveSettings({ httpAddr: address, ...flags }, {}));
    return new ConsulMesh(client);
  }
  const OWN = ['one', false] as const;
  const UNDER = ['one', true] as const;
  const OTHER = ['two', false] as const;

  it('are one where there is one, for one request a minute', async () => {
    const alone = mesh({ names: ['dc1'] });
    for (let i = 0; i < 3; i++)
      expect(await alone.readElsewhere('payments', SUBSETS, undefined)).to.deep.equal({ home: 'dc1', primary: 'dc1', all: [] });
    expect(asked).to.deep.equal(['GET /v1/catalog/datacenters']);
  });

  for (const [name, change, flags, home, primary, shares] of [
    [
      'those of one trust domain',
      { names: ['dc1', 'dc2', 'dc3'], authorities: { dc1: OWN, dc2: UNDER, dc3: OTHER } },
      {},
      'dc1',
      'dc1',
      [true, false],
    ],
    [
      'none of those that are merely joined',
      { names: ['dc1', 'dc3'], authorities: { dc1: OWN, dc3: OTHER } },
      {},
      'dc1',
      'dc1',
      [false],
    ],
    [
      'none without a mesh of its own',
      { names: ['dc1', 'dc3'], authorities: { dc1: OWN, dc3: ['', false] as const } },
      {},
      'dc1',
      'dc1',
      [false],
    ],
    [
      'not known of one that does not answer',
      { names: ['dc1', 'dc2'], authorities: { dc1: OWN } },
      {},
      'dc1',
      'dc1',
      [undefined],
    ],
    [
      'told from a secondary',
      { names: ['dc2', 'dc1'], self: { Datacenter: 'dc2', PrimaryDatacenter: 'dc1' }, authorities: { dc1: OWN, dc2: UNDER } },
      {},
      'dc2',
      'dc1',
      [true],
    ],
    [
      'told from a secondary whose agent names no primary',
      { names: ['dc2', 'dc1'], self: { Datacenter: 'dc2', PrimaryDatacenter: 'dc2' }, authorities: { dc1: OWN, dc2: UNDER } },
      {},
      'dc2',
      'dc1',
      [true],
    ],
    [
      'told without agent:read',
      { names: ['dc2', 'dc1'], self: undefined, authorities: { dc1: OWN, dc2: UNDER } },
      {},
      'dc2',
      'dc1',
      [true],
    ],
    [
      'told by the agent where all authorities look alike',
      { names: ['dc2', 'dc1'], self: { Datacenter: 'dc2', PrimaryDatacenter: 'dc1' }, authorities: { dc1: UNDER, dc2: UNDER } },
      {},
      'dc2',
      'dc1',
      [true],
    ],
    [
      'told of the datacenter that is asked for',
      { names: ['dc1', 'dc2'], authorities: { dc1: OWN, dc2: UNDER } },
      { datacenter: 'dc2' },
      'dc2',
      'dc1',
      [true],
    ],
  ] as const)
    it(`are ${name}`, async () => {
      const federation = await mesh(change, flags).readFederation();
      expect([federation.home, federation.primary, federation.others.map((one) => one.shares)]).to.deep.equal([
        home,
        primary,
        shares,
      ]);
    });

  it('are read each; one that does not answer says why', async () => {
    const authorities = { dc1: OWN, dc2: UNDER, dc3: OTHER, dc4: UNDER };
    const wide = mesh({ names: ['dc1', 'dc2', 'dc3', 'dc4', 'dc5'], authorities, silent: ['dc4'] });
    const seen = await wide.readElsewhere('payments', SUBSETS, undefined);
    expect(
      seen.all.map(({ name, instances, unread }) => [name, instances !== undefined, unread?.replace(/\(.*/, '')]),
    ).to.deep.equal([
      ['dc2', true, undefined],
      ['dc4', false, 'its servers do not answer'],
      ['dc5', false, 'Consul refused '],
    ]);
  });

  it('are written in the primary once a write was lost by a copy’s own index', async () => {
    const self = { Datacenter: 'dc2', PrimaryDatacenter: 'dc1' };
    const second = mesh({ names: ['dc2', 'dc1'], self, authorities: { dc1: OWN, dc2: UNDER } });
    const read = async () => (await second.readEntry('service-splitter', 'payments')).entry!.modifyIndex;
    const write = (cas: number) =>
      second.write({ kind: 'service-splitter', name: 'payments', entry: { Kind: 'x' }, cas, why: '' });
    expect([await read(), await write(70)]).to.deep.equal([70, 'lost']);
    expect([await read(), await write(7)]).to.deep.equal([7, 'written']);
  });
});
