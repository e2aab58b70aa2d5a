import { expect } from 'chai';
import fc from 'fast-check';
import type { Entry } from '../../src/core/entries.js';
import { Leads, type Stage } from '../../src/core/leads.js';

const router = (Name: string, ...to: Entry[]): Entry => ({ Name, Routes: to.map((Destination) => ({ Destination })) });
const splitter = (Name: string, ...Splits: Entry[]): Entry => ({ Name, Splits });
const redirect = (Name: string, Redirect: Entry): Entry => ({ Name, Redirect });
const failover = (Name: string, to: Entry): Entry => ({ Name, Failover: { '*': to } });

interface World {
  readonly routers?: readonly Entry[];
  readonly splitters?: readonly Entry[];
  readonly resolvers?: readonly Entry[];
}

const leadsTo = ({ routers = [], splitters = [], resolvers = [] }: World, service = 'shop', enters: Stage = 'router') =>
  Object.fromEntries(
    new Leads({ routers, splitters, resolvers })
      .to({ service })
      .filter((lead) => lead.enters === enters)
      .map(({ name, arrives }) => [name, [...arrives].sort()]),
  );

describe('names that lead to a service, as Consul compiles their chains', () => {
  const own = splitter('shop', { ServiceSubset: 'v1' }, { ServiceSubset: 'v2' });
  const cases: readonly [name: string, world: World, leads: Readonly<Record<string, readonly Stage[]>>][] = [
    ['nothing', {}, {}],
    ['its own entries', { routers: [router('shop', {})], splitters: [own], resolvers: [{ Name: 'shop', Subsets: {} }] }, {}],
    ['a route', { routers: [router('r', { Service: 'shop' })], splitters: [own] }, { r: ['splitter'] }],
    ['a route to a subset', { routers: [router('r', { Service: 'shop', ServiceSubset: 'v1' })] }, { r: ['resolver'] }],
    [
      'routes to both',
      { routers: [router('r', { Service: 'shop' }, { Service: 'shop', ServiceSubset: 'v1' })] },
      { r: ['resolver', 'splitter'] },
    ],
    ['a leg, even of weight 0', { splitters: [splitter('s', { Weight: 0, Service: 'shop' }), own] }, { s: ['splitter'] }],
    ['a redirect, which goes past the splitter', { resolvers: [redirect('d', { Service: 'shop' })] }, { d: ['resolver'] }],
    ['a failover', { resolvers: [failover('f', { Service: 'shop' })] }, { f: ['resolver'] }],
    ['a failover by targets', { resolvers: [failover('f', { Targets: [{ Service: 'shop' }] })] }, { f: ['resolver'] }],
    ['a redirect to another cluster', { resolvers: [redirect('d', { Service: 'shop', Peer: 'eu' })] }, {}],
    [
      'four names deep',
      {
        routers: [router('a', { Service: 'b' })],
        splitters: [splitter('b', { Service: 'c' }), splitter('c', { Service: 'shop' })],
        resolvers: [redirect('z', { Service: 'y' }), redirect('y', { Service: 'shop' })],
      },
      { a: ['splitter'], b: ['splitter'], c: ['splitter'], z: ['resolver'], y: ['resolver'] },
    ],
    [
      'circles',
      {
        routers: [router('a', { Service: 'b' }), router('b', { Service: 'a' })],
        splitters: [splitter('a', { Service: 'b' }), splitter('b', { Service: 'a' }, { Service: 'shop' })],
        resolvers: [redirect('x', { Service: 'y' }), redirect('y', { Service: 'x' })],
      },
      { a: ['splitter'], b: ['splitter'] },
    ],
  ];
  for (const [name, world, leads] of cases)
    it(`${name}: ${JSON.stringify(leads)}`, () => expect(leadsTo(world)).to.deep.equal(leads));

  it('entered at the splitter, as API gateways do, a name’s router leads nowhere; by tcp only its resolver does', () => {
    const world = {
      routers: [router('r', { Service: 'shop' })],
      splitters: [splitter('s', { Service: 'shop' })],
      resolvers: [redirect('d', { Service: 'shop' })],
    };
    expect(leadsTo(world, 'shop', 'splitter')).to.deep.equal({ s: ['splitter'], d: ['resolver'] });
    expect(leadsTo(world, 'shop', 'resolver')).to.deep.equal({ d: ['resolver'] });
  });

  it('keeps namespaces apart where both sides name one', () => {
    const leads = new Leads({
      routers: [{ ...router('r', { Service: 'shop', Namespace: 'eu' }), Namespace: 'default' }],
      splitters: [],
      resolvers: [],
    });
    const names = (namespace?: string) =>
      leads.to({ service: 'shop', ...(namespace === undefined ? {} : { namespace }) }).map(({ name }) => name);
    expect(new Set(names('eu'))).to.deep.equal(new Set(['r']));
    expect(names('us')).to.deep.equal([]);
    expect(new Set(names())).to.deep.equal(new Set(['r']));
  });

  it('ends, whatever leads where, and finds just what a walk from that name finds', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'shop');
    const subset = fc.constantFrom('', 'v1');
    const edge = fc.record({ kind: fc.constantFrom('route', 'leg', 'redirect'), from: name, to: name, subset });
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 12 }), (edges) => {
        const of = (kind: string) => edges.filter((one) => one.kind === kind);
        const to = ({ to, subset }: { to: string; subset: string }) => ({ Service: to, ServiceSubset: subset });
        const leads = leadsTo({
          routers: of('route').map((one) => router(one.from, to(one))),
          splitters: of('leg').map((one) => splitter(one.from, to(one))),
          resolvers: of('redirect').map((one) => redirect(one.from, { Service: one.to })),
        });
        // Reachability alone, without stages: nothing may lead here that no path of edges connects.
        const reaches = (from: string, seen = new Set<string>()): boolean =>
          edges.some((one) => {
            if (one.from !== from || seen.has(`${from} ${one.to}`)) return false;
            seen.add(`${from} ${one.to}`);
            return one.to === 'shop' || reaches(one.to, seen);
          });
        for (const lead of Object.keys(leads)) expect(reaches(lead), lead).to.equal(true);
        for (const one of of('route')) if (one.to === 'shop' && one.from !== 'shop') expect(leads).to.have.property(one.from);
      }),
    );
  });
});
