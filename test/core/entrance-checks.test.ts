import { expect } from 'chai';
import { checkEntrances, checkRoutesReach } from '../../src/core/entrance-checks.js';
import { type EntranceRow, entranceRows } from '../../src/core/entrance-rows.js';
import type { Entrance } from '../../src/core/entrances.js';
import { retriesAbove } from '../../src/core/retries.js';

const HTTP = { defaults: { modifyIndex: 1, entry: { Protocol: 'http' } } };
const row = (name: string, more: Partial<EntranceRow> = {}): EntranceRow => ({
  kind: 'sidecar',
  name,
  id: `${name}-1`,
  node: 'n1',
  datacenter: 'dc1',
  via: ['shop'],
  certain: true,
  read: true,
  why: null,
  share: null,
  tcp: false,
  split: true,
  routed: true,
  follows: null,
  ...more,
});
const EDGE = row('edge', { kind: 'api-gateway', routed: false });
const MAPS = row('maps', { kind: 'transparent', certain: false });
const unread = (why: string): Partial<EntranceRow> => ({ read: false, why });

describe('what doctor says of the entrances', () => {
  const cases: readonly [name: string, rows: readonly EntranceRow[], said: readonly RegExp[]][] = [
    ['nobody', [], [/^callers warning no caller's sidecar of shop can be read/]],
    ['all read', [row('web'), EDGE], [/^callers ok 2 of 2 callers can be read: web, edge \(API gateway\)$/]],
    [
      'many',
      Array.from({ length: 9 }, (_, i) => row(`w${i}`)),
      [/^callers ok 9 of 9 callers can be read: w0, w1, w2, w3, w4 and 4 more$/],
    ],
    [
      'one without metrics',
      [row('web'), { ...EDGE, ...unread('it shows no metrics: envoy_prometheus_bind_addr is not set') }],
      [/^callers warning 1 of 2 callers can be read; not: edge \(API gateway\) -> set envoy_prometheus_bind_addr/],
    ],
    [
      'one that refuses',
      [row('web', unread('10.0.0.7:9102: connection refused'))],
      [/^callers warning no caller's sidecar of shop .* \(web\) -> 10.0.0.7:9102: connection refused; let this machine reach/],
    ],
    [
      'a transparent proxy alone',
      [MAPS],
      [
        /^callers warning nobody is known to call shop; intentions let maps \(transparent proxy\) send, which was not seen to: .* callers: \[NAME\]/,
      ],
    ],
    [
      'a transparent proxy beside a sidecar',
      [row('web'), MAPS],
      [/^callers ok 1 of 1/, /^entrances ok intentions let maps .*: counted as soon as they send to shop$/],
    ],
    [
      'a transparent proxy that cannot be read',
      [row('web'), { ...MAPS, ...unread('connection refused') }],
      [/^callers ok 1 of 1/, /^entrances warning whether maps \(transparent proxy\) sends to shop cannot be seen/],
    ],
    [
      'one that overrides the protocol',
      [row('web'), row('batch', { tcp: true, split: false, routed: false })],
      [
        /^callers ok 2 of 2/,
        /^entrances warning no weight moves what batch sends: it speaks tcp to shop by an override .* service-defaults\/batch/,
      ],
    ],
    [
      'one whose name leads past the splitter',
      [row('web', { via: ['old'], split: false, routed: false })],
      [/^callers ok 1 of 1/, /^entrances warning weights do not move all that web sends: .* -name old /],
    ],
  ];
  for (const [name, rows, said] of cases) {
    it(name, () => {
      const checks = checkEntrances('shop', { rows, retries: [], hidden: false }, HTTP);
      const lines = checks.map(
        (check) => `${check.name} ${check.verdict} ${check.message}${check.hint === undefined ? '' : ` -> ${check.hint}`}`,
      );
      expect(lines).to.have.length(said.length);
      for (const [i, line] of lines.entries()) expect(line).to.match(said[i]!);
    });
  }

  it('says nothing of overrides where the service itself speaks tcp', () => {
    const rows = [row('web', { tcp: true, split: false })];
    expect(checkEntrances('shop', { rows, retries: [], hidden: false }, {})).to.have.length(1);
  });

  it('says that ACLs may hide some, what comes from outside the mesh, and what is sent again', () => {
    const seen = { defaults: { modifyIndex: 1, entry: { Protocol: 'http', MutualTLSMode: 'permissive' } } };
    const checks = checkEntrances(
      'shop',
      { rows: [row('web')], retries: ['service-router/shop (3 times, on 500)'], hidden: true },
      seen,
    );
    expect(checks.map(({ message }) => message).join('\n'))
      .to.match(/ACLs hide a part of the catalog from this token, so there may be more/)
      .and.match(/requests from outside the mesh .*: only its instances see those/)
      .and.match(/sent again by service-router\/shop \(3 times, on 500\)/);
  });
});

describe('routes that entrances go past', () => {
  const route = { header: { name: 'x', value: '1' } } as const;
  const check = (rows: readonly EntranceRow[], plan: object = { route }) =>
    checkRoutesReach({ service: 'shop', ...plan }, rows)[0];
  it('are told of, and refused where all go past', () => {
    expect(check([row('web'), EDGE])).to.include({ name: 'route', verdict: 'warning' });
    expect(check([row('web'), EDGE])?.message).to.match(/^1 of 2 entrances go past service-router\/shop.*: edge \(API gateway\)/);
    expect(check([EDGE])).to.include({ name: 'route', verdict: 'failed' });
    expect(check([row('web', { routed: false, via: ['front'] })])?.message).to.match(/^every entrance goes past/);
  });
  it('are no matter where all pass the router, nobody calls, only somebody may, or the plan has none', () => {
    for (const rows of [[row('web')], [], [{ ...MAPS, routed: false }]]) expect(check(rows)).to.equal(undefined);
    expect(check([EDGE], {})).to.equal(undefined);
  });
});

describe('what is sent again above a splitter', () => {
  it('is found in routers and in the routes of API gateways', () => {
    const routers = [
      {
        Kind: 'service-router',
        Name: 'cart',
        Routes: [{ Destination: {} }, { Destination: { NumRetries: 3, RetryOnStatusCodes: [500] } }],
      },
      { Kind: 'service-router', Name: 'other', Routes: [{ Destination: { NumRetries: 3 } }] },
      { Kind: 'service-router', Name: 'front', Routes: [{ Destination: { RetryOn: ['reset'], RetryOnConnectFailure: true } }] },
      { Kind: 'service-router', Name: 'calm', Routes: [{ Destination: {} }, {}] },
    ];
    const httpRoutes = [
      { Kind: 'http-route', Name: 'all', Rules: [{ Services: [{ Name: 'cart' }], Filters: { RetryFilter: { NumRetries: 1 } } }] },
      { Kind: 'http-route', Name: 'none', Rules: [{ Services: [{ Name: 'cart' }], Filters: null }] },
    ];
    expect(retriesAbove(['cart', 'front', 'calm'], { routers, httpRoutes })).to.deep.equal([
      'service-router/cart (3 times, on 500)',
      'service-router/front (on reset, connect-failure)',
      "http-route/all (1 time, on Consul's usual causes)",
    ]);
  });
});

describe('the rows of entrances', () => {
  const entrance = (name: string, certain = true): Entrance => ({
    kind: certain ? 'sidecar' : 'transparent',
    name,
    id: name,
    node: 'n1',
    via: ['shop'],
    certain,
    isTcp: false,
    isSplit: true,
    isRouted: true,
  });
  it('have each its share of what the readable ones counted; one that has sent is certain, and those come first', () => {
    const rows = entranceRows([
      [entrance('quiet', false), { sent: undefined }],
      [entrance('seen', false), { sent: 250 }],
      [entrance('web'), { sent: 750 }],
      [entrance('shut'), { why: 'connection refused' }],
    ]);
    expect(rows.map(({ name, certain, read, share }) => [name, certain, read, share])).to.deep.equal([
      ['seen', true, true, 25],
      ['web', true, true, 75],
      ['shut', true, false, null],
      ['quiet', false, true, 0],
    ]);
  });
});
