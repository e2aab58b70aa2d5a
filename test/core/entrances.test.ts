import { expect } from 'chai';
import { type Called, type Entrance, type EntranceFacts, Entrances } from '../../src/core/entrances.js';
import { Intentions } from '../../src/core/intentions.js';
import { Leads } from '../../src/core/leads.js';
import type { MeshProxy, Upstream } from '../../src/core/proxies.js';
import { servedByExport, servedByRoutes } from '../../src/core/served.js';

const SHOP: Called = { service: 'shop', callers: [] };
const LEADS = new Leads({
  routers: [{ Name: 'front', Routes: [{ Destination: { Service: 'shop' } }] }],
  splitters: [{ Name: 'mix', Splits: [{ Service: 'shop' }] }],
  resolvers: [{ Name: 'old', Redirect: { Service: 'shop' } }],
});

const upstream = (name: string, more: Partial<Upstream> = {}): Upstream => ({ name, isTcp: false, isConfigOnly: false, ...more });
const proxy = (name: string, upstreams: readonly Upstream[], more: Partial<MeshProxy> = {}): MeshProxy => ({
  kind: 'sidecar',
  name,
  id: `${name}-1`,
  node: 'n1',
  address: '127.0.0.1:1',
  isTransparent: false,
  upstreams,
  ...more,
});
const gateway = (kind: MeshProxy['kind'], name: string): MeshProxy => proxy(name, [], { kind });

const find = (proxies: readonly MeshProxy[], more: Partial<EntranceFacts> = {}, target = SHOP): readonly Entrance[] =>
  new Entrances({ proxies, served: new Map(), leads: LEADS, intentions: new Intentions([], false), ...more }).of(target);

const say = ({ kind, name, via, certain, isTcp, isSplit, isRouted }: Entrance): string =>
  [
    kind,
    name,
    via.join('+'),
    ...(certain ? [] : ['possible']),
    ...(isTcp ? ['tcp'] : []),
    ...(isSplit ? ['split'] : []),
    ...(isRouted ? ['routed'] : []),
  ].join(' ');

describe('the entrances of a service', () => {
  const cases: readonly [name: string, proxies: readonly MeshProxy[], said: readonly string[]][] = [
    ['none', [], []],
    ['an upstream', [proxy('web', [upstream('shop')])], ['sidecar web shop split routed']],
    ['an upstream of something else', [proxy('web', [upstream('other')])], []],
    ['a name that a router leads here, past its own router', [proxy('web', [upstream('front')])], ['sidecar web front split']],
    ['a name that a splitter leads here', [proxy('web', [upstream('mix')])], ['sidecar web mix split']],
    ['a name that is redirected here, past its splitter', [proxy('web', [upstream('old')])], ['sidecar web old']],
    ['two names', [proxy('web', [upstream('shop'), upstream('front')])], ['sidecar web shop+front split']],
    ['tcp by an override', [proxy('web', [upstream('shop', { isTcp: true })])], ['sidecar web shop tcp']],
    ['tcp to a name whose router would lead here', [proxy('web', [upstream('front', { isTcp: true })])], []],
    [
      'an upstream in another datacenter',
      [proxy('web', [upstream('shop', { datacenter: 'dc2' })])],
      ['sidecar web shop split routed'],
    ],
  ];
  for (const [name, proxies, said] of cases)
    it(`${name}: ${said.join(', ') || 'nobody'}`, () => expect(find(proxies).map(say)).to.deep.equal(said));

  it('are not those of another datacenter or namespace, where both sides name one', () => {
    const web = [proxy('web', [upstream('shop', { datacenter: 'dc2' })], { namespace: 'eu' })];
    expect(find(web, {}, { ...SHOP, datacenter: 'dc1' })).to.deep.equal([]);
    expect(find(web, {}, { ...SHOP, namespace: 'us' })).to.deep.equal([]);
    expect(find(web, {}, { ...SHOP, namespace: 'eu', datacenter: 'dc2' })).to.have.length(1);
  });

  it('are API gateways by what is bound to them, past the service’s router before Consul 2.0', () => {
    const bound = [
      {
        Name: 'edge',
        Listeners: [
          {
            Routes: [
              { Kind: 'http-route', Name: 'all' },
              { Kind: 'tcp-route', Name: 'raw' },
            ],
          },
        ],
        Services: { shop: [{ Kind: 'http-route', Name: 'all' }] },
      },
      { Name: 'idle', Listeners: [], Services: null },
    ];
    const httpRoutes = [
      { Name: 'all', Rules: [{ Services: [{ Name: 'mix' }] }] },
      { Name: 'unbound', Rules: [{ Services: [{ Name: 'front' }] }] },
    ];
    const tcpRoutes = [{ Name: 'raw', Services: [{ Name: 'old' }] }];
    const proxies = [gateway('api-gateway', 'edge'), gateway('api-gateway', 'idle')];
    const by = (version: string | undefined) =>
      find(proxies, { served: servedByRoutes({ bound, httpRoutes, tcpRoutes: [] }, version) }).map(say);
    expect(by('1.22.5')).to.deep.equal(['api-gateway edge shop+mix split']);
    expect(by(undefined)).to.deep.equal(['api-gateway edge shop+mix split']);
    expect(by('2.0.1')).to.deep.equal(['api-gateway edge shop+mix split']);
    const own = servedByRoutes({ bound, httpRoutes: [], tcpRoutes: [] }, '2.0.1');
    expect(find(proxies, { served: own }).map(say)).to.deep.equal(['api-gateway edge shop split routed']);
    const raw = servedByRoutes({ bound, httpRoutes: [], tcpRoutes }, '1.22.5');
    expect(find(proxies, { served: raw }).map(say)).to.deep.equal(['api-gateway edge shop+old tcp']);
  });

  it('are ingress gateways, and mesh gateways of what is exported to somebody', () => {
    const proxies = [gateway('ingress-gateway', 'in'), gateway('mesh-gateway', 'mesh')];
    const exported = (Name: string, ...Consumers: object[]) => servedByExport([{ Services: [{ Name, Consumers }] }]);
    const by = (name: string, exports: ReturnType<typeof exported>) =>
      find(proxies, {
        served: new Map([
          ['in', [{ name, enters: 'router' as const }]],
          ['mesh', exports],
        ]),
      }).map(say);
    expect(by('shop', exported('shop'))).to.deep.equal(['ingress-gateway in shop split routed']);
    expect(by('none', exported('shop', { Peer: 'eu' }))).to.deep.equal(['mesh-gateway mesh shop split routed']);
    expect(by('none', exported('*', { Peer: 'eu' }))).to.deep.equal(['mesh-gateway mesh shop+front+mix+old split routed']);
    expect(by('none', exported('none', { Peer: 'eu' }))).to.deep.equal([]);
  });

  it('may be transparent proxies that intentions let in, by any name that leads here', () => {
    const maps = proxy('maps', [], { isTransparent: true });
    const intentions = new Intentions([{ Name: 'shop', Sources: [{ Name: 'maps', Action: 'allow' }] }], false);
    expect(find([maps, proxy('else', [], { isTransparent: true })], { intentions }).map(say)).to.deep.equal([
      'transparent maps shop+front+mix+old possible split routed',
    ]);
    expect(find([maps], { intentions: new Intentions([], undefined) })).to.have.length(1);
    const tcp = proxy('maps', [upstream('shop', { isTcp: true, isConfigOnly: true })], { isTransparent: true });
    expect(find([tcp], { intentions }).map(say)).to.deep.equal(['transparent maps shop+front+mix+old possible tcp']);
    const named = proxy('maps', [upstream('shop')], { isTransparent: true });
    expect(find([named], { intentions }).map(say)).to.deep.equal(['transparent maps shop split routed']);
  });

  it('are those that the plan lists, whatever the catalog says', () => {
    const target = { ...SHOP, callers: ['batch', 'edge'] };
    expect(find([proxy('batch', []), gateway('api-gateway', 'edge')], {}, target).map(say)).to.deep.equal([
      'sidecar batch shop split routed',
      'api-gateway edge shop split routed',
    ]);
  });

  it('say where they are and where their metrics are, or why they cannot be read', () => {
    const [seen, silent] = find([proxy('web', [upstream('shop')], { datacenter: 'dc1' }), proxyWithoutMetrics('batch')]);
    expect(seen).to.include({ id: 'web-1', node: 'n1', datacenter: 'dc1', address: '127.0.0.1:1' });
    expect(silent).to.include({ why: 'it shows no metrics: envoy_prometheus_bind_addr is not set' });
    expect(silent).not.to.have.property('address');
  });

  function proxyWithoutMetrics(name: string): MeshProxy {
    const { address: _, ...rest } = proxy(name, [upstream('shop')]);
    return rest;
  }
});
