import { expect } from 'chai';
import type { CatalogReader } from '../../src/signals/catalog-reader.js';
import { metricsAddress } from '../../src/signals/metrics-address.js';
import { type Called, type Caller, readProxies } from '../../src/signals/proxies.js';
import { FakeCatalog, NEVER, PAYMENTS, sidecar } from './fakes.js';

const brief = ({ name, address }: Caller) => ({ name, ...(address === undefined ? {} : { address }) });

type Fields = Readonly<Record<string, unknown>>;

const upstream = (more: Fields): Fields => ({ Upstreams: [{ DestinationName: 'payments', ...more }] });

const findCallers = async (catalog: CatalogReader, target: Called, abort: AbortSignal): Promise<readonly Caller[]> =>
  (await readProxies(catalog, target, abort)).callersOf(target);

describe('finding the callers', () => {
  it('takes the sidecars whose upstreams name the service, and none else', async () => {
    const catalog = new FakeCatalog();
    catalog.proxies = {
      web: [sidecar('0.0.0.0:9102')],
      other: [sidecar('127.0.0.1:9103', { Upstreams: [{ DestinationName: 'ledger' }] })],
      transparent: [sidecar('127.0.0.1:9104', { Mode: 'transparent', Upstreams: null })],
      query: [sidecar('127.0.0.1:9105', upstream({ DestinationType: 'prepared_query' }))],
      peer: [sidecar('127.0.0.1:9106', upstream({ DestinationPeer: 'eu' }))],
    };
    const callers = await findCallers(catalog, PAYMENTS, NEVER);
    expect(callers.map(brief)).to.deep.equal([{ name: 'web', address: '127.0.0.1:9102' }]);
    expect(callers[0]).to.include({ kind: 'sidecar', id: 'web-sidecar-proxy', certain: true });
    expect(catalog.asked).to.include('/v1/catalog/service/web {"merge-central-config":"true"}');
  });

  it('takes the sidecars of services that the plan lists as callers', async () => {
    const catalog = new FakeCatalog();
    catalog.proxies = { odd: [sidecar('127.0.0.1:9104', { DestinationServiceName: 'batch', Upstreams: null })] };
    expect(await findCallers(catalog, PAYMENTS, NEVER)).to.deep.equal([]);
    expect(await findCallers(catalog, { ...PAYMENTS, callers: ['batch'] }, NEVER)).to.have.length(1);
  });

  it('takes gateways that serve the service', async () => {
    const catalog = new FakeCatalog();
    const gateway = (kind: string, bind: string): Fields => ({
      ...sidecar(bind, { Upstreams: null }),
      ServiceKind: kind,
      ServiceName: kind,
    });
    catalog.proxies = {
      edge: [{ ...gateway('ingress-gateway', '127.0.0.1:1'), ServiceName: 'edge' }],
      api: [gateway('api-gateway', '127.0.0.1:2')],
      idle: [{ ...gateway('api-gateway', '127.0.0.1:3'), ServiceName: 'idle' }],
    };
    catalog.bound = { edge: ['payments'] };
    catalog.entries = {
      'bound-api-gateway': [
        { Name: 'api-gateway', Services: { web: [{ Kind: 'http-route' }], payments: [{ Kind: 'http-route' }] } },
      ],
    };
    const callers = await findCallers(catalog, PAYMENTS, NEVER);
    expect(callers.map(({ address }) => address)).to.deep.equal(['127.0.0.1:1', '127.0.0.1:2']);
  });

  it('takes a mesh gateway for what is exported, and looks for none where nothing is', async () => {
    const catalog = new FakeCatalog();
    const mesh = { ...sidecar('127.0.0.1:7', { Upstreams: null }), ServiceKind: 'mesh-gateway', ServiceName: 'mesh' };
    catalog.proxies = { mesh: [mesh] };
    expect(await findCallers(catalog, PAYMENTS, NEVER)).to.deep.equal([]);
    expect(catalog.asked.join()).not.to.include('mesh-gateway');
    catalog.entries = { 'exported-services': [{ Services: [{ Name: 'payments', Consumers: [{ Peer: 'eu' }] }] }] };
    expect((await findCallers(catalog, PAYMENTS, NEVER)).map(brief)).to.deep.equal([{ name: 'mesh', address: '127.0.0.1:7' }]);
  });

  it('reads each list once, whatever the number of proxies', async () => {
    const catalog = new FakeCatalog();
    catalog.proxies = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, [sidecar('127.0.0.1:1')]]));
    catalog.entries = { 'bound-api-gateway': [{ Name: 'edge' }] };
    await findCallers(catalog, PAYMENTS, NEVER);
    const lists = catalog.asked.filter((one) => one.startsWith('/v1/config/') || one.startsWith('/v1/agent/'));
    expect(new Set(lists).size).to.equal(lists.length);
    expect(lists.map((one) => one.split(' ')[0]!.split('/').at(-1)).sort()).to.deep.equal([
      'bound-api-gateway',
      'exported-services',
      'http-route',
      'self',
      'service-intentions',
      'service-resolver',
      'service-router',
      'service-splitter',
      'tcp-route',
    ]);
  });

  it('looks into the partitions that something is exported to, and into no other', async () => {
    const catalog = new FakeCatalog();
    const abroad = { Partition: 'team-b', Namespace: 'eu' };
    catalog.proxies = {
      web: [
        { ...sidecar('127.0.0.1:1', upstream({ DestinationPartition: 'default', DestinationNamespace: 'default' })), ...abroad },
      ],
      own: [{ ...sidecar('127.0.0.1:2'), ...abroad }],
    };
    catalog.namespaces = ['default', 'eu'];
    const scopes = (): readonly string[] => [
      ...new Set(
        catalog.asked.filter((asked) => asked.startsWith('/v1/catalog/services')).map((asked) => JSON.stringify(scopeIn(asked))),
      ),
    ];
    await readProxies(catalog, PAYMENTS, NEVER);
    expect(scopes(), 'nothing is exported').to.deep.equal(['[null,null]']);
    expect(catalog.asked.some((asked) => asked.startsWith('/v1/namespaces'))).to.equal(false);
    const Consumers = [{ Partition: 'team-b' }, { Peer: 'cluster-2' }, { Partition: 'default' }];
    catalog.entries = { 'exported-services': [{ Name: 'default', Services: [{ Name: 'payments', Consumers }] }] };
    catalog.asked.length = 0;
    await readProxies(catalog, PAYMENTS, NEVER);
    expect(scopes()).to.deep.equal(['[null,null]', '["team-b","default"]', '["team-b","eu"]']);
    catalog.homeless = true;
    const seen = (await readProxies(catalog, PAYMENTS, NEVER)).entrancesOf(PAYMENTS).map(({ address }) => address);
    expect([...new Set(seen)], 'an upstream that names no partition means its own').to.deep.equal(['127.0.0.1:1']);
    catalog.homeless = false;
    catalog.namespaces = [];
    catalog.asked.length = 0;
    await readProxies(catalog, PAYMENTS, NEVER);
    expect(scopes(), 'its namespaces cannot be listed').to.deep.equal(['[null,null]', '["team-b","default"]']);
  });

  it('looks into the other namespaces that the token may list, where the service names its own', async () => {
    const catalog = new FakeCatalog();
    catalog.namespaces = ['eu', 'us'];
    catalog.proxies = { web: [sidecar('127.0.0.1:1', upstream({ DestinationNamespace: 'eu' }))] };
    await findCallers(catalog, { ...PAYMENTS, namespace: 'eu' }, NEVER);
    const asked = catalog.asked.filter((one) => one.startsWith('/v1/catalog/service/web'));
    expect(asked).to.have.length(2);
    expect(asked.at(-1)).to.include('"ns":"us"');
  });

  it('finds out what is let by default, and does without where the agent will not tell', async () => {
    const catalog = new FakeCatalog();
    catalog.proxies = { maps: [sidecar('127.0.0.1:1', { Mode: 'transparent', Upstreams: null })] };
    const possible = async (debug: object | undefined) => {
      catalog.agent = debug === undefined ? undefined : { Config: { Version: '1.22.5' }, DebugConfig: debug };
      return (await readProxies(catalog, PAYMENTS, NEVER)).entrancesOf(PAYMENTS).map(({ kind, certain }) => [kind, certain]);
    };
    expect(await possible({ ACLsEnabled: false })).to.deep.equal([['transparent', false]]);
    expect(await possible({ ACLsEnabled: true, ACLResolverSettings: { ACLDefaultPolicy: 'deny' } })).to.deep.equal([]);
    expect(await possible({ ACLsEnabled: true, ACLResolverSettings: { ACLDefaultPolicy: 'allow' } })).to.have.length(1);
    expect(await possible({ ACLsEnabled: false, DefaultIntentionPolicy: 'deny' })).to.deep.equal([]);
    expect(await possible(undefined)).to.have.length(1);
    catalog.entries = { 'service-intentions': [{ Name: 'payments', Sources: [{ Name: 'web', Action: 'deny' }] }] };
    expect(await possible(undefined)).to.deep.equal([]);
  });

  it('compares namespace, partition and datacenter where both sides name one', async () => {
    const catalog = new FakeCatalog();
    catalog.proxies = { web: [sidecar('127.0.0.1:1', upstream({ DestinationNamespace: 'eu' }))] };
    expect(await findCallers(catalog, PAYMENTS, NEVER)).to.have.length(1);
    expect(await findCallers(catalog, { ...PAYMENTS, namespace: 'eu', datacenter: 'dc1' }, NEVER)).to.have.length(1);
    expect(await findCallers(catalog, { ...PAYMENTS, namespace: 'us' }, NEVER)).to.have.length(0);
    expect(catalog.asked.at(-1)).to.include('"ns":"us"');
  });

  it('counts one address once, and keeps callers that show no metrics', async () => {
    const catalog = new FakeCatalog();
    catalog.proxies = { web: [sidecar('127.0.0.1:1'), sidecar('127.0.0.1:1'), sidecar(undefined)] };
    expect((await findCallers(catalog, PAYMENTS, NEVER)).map(brief)).to.deep.equal([
      { name: 'web', address: '127.0.0.1:1' },
      { name: 'web' },
    ]);
  });

  it('knows when ACLs hide a part of the catalog', async () => {
    const catalog = new FakeCatalog();
    expect((await readProxies(catalog, PAYMENTS, NEVER)).hidden).to.equal(false);
    catalog.hidden = true;
    expect((await readProxies(catalog, PAYMENTS, NEVER)).hidden).to.equal(true);
  });

  it('asks for at most 16 services at a time', async () => {
    const catalog = new FakeCatalog();
    catalog.proxies = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`web${i}`, [sidecar(`127.0.0.1:${i + 1}`)]]));
    let [now, most] = [0, 0];
    const counting = {
      get: async (path: string, query: Readonly<Record<string, string>>) => {
        if (!path.includes('/service/')) return catalog.get(path, query);
        most = Math.max(most, ++now);
        await new Promise(setImmediate);
        now--;
        return catalog.get(path, query);
      },
    };
    expect(await findCallers(counting, PAYMENTS, NEVER)).to.have.length(50);
    expect(most).to.equal(16);
  });
});

describe('the address of a proxy’s metrics', () => {
  const cases: readonly [bind: unknown, own: string, address: string | undefined][] = [
    ['0.0.0.0:9102', '10.0.0.7', '10.0.0.7:9102'],
    ['[::]:9102', '10.0.0.7', '10.0.0.7:9102'],
    [':9102', 'fd00::7', '[fd00::7]:9102'],
    ['127.0.0.1:9102', '10.0.0.7', '127.0.0.1:9102'],
    ['[fd00::1]:9102', '10.0.0.7', '[fd00::1]:9102'],
    ['9102', '10.0.0.7', undefined],
    ['0.0.0.0:9102', '', undefined],
    [9102, '10.0.0.7', undefined],
    [undefined, '10.0.0.7', undefined],
  ];
  for (const [bind, own, address] of cases) {
    it(`of ${JSON.stringify(bind)} on ${own || 'no address'} is ${address ?? 'unknown'}`, () => {
      expect(metricsAddress(bind, own)).to.equal(address);
    });
  }
});

/** The partition and the namespace that were asked for. */
function scopeIn(asked: string): readonly (string | null)[] {
  const { partition = null, ns = null } = JSON.parse(asked.slice(asked.indexOf(' ') + 1));
  return [partition, ns];
}
