import { expect } from 'chai';
import { afterWrite } from '../../src/core/after-write.js';
import type { Entry, StoredEntry } from '../../src/core/entries.js';
import { mentionsOf, removalWrite, whyKept } from '../../src/core/removal.js';
import { routeWrite, wantedMatches } from '../../src/core/route.js';
import { makePlan, makeRollout, makeSeen, stored } from '../support/world.js';

const BOTH = ['blue', 'green'];
const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });

describe('taking a split away', () => {
  const resolver = (more: Entry) => {
    const { entry } = makeSeen(promoted).resolver!;
    return stored({ ...entry, ...more }, 10);
  };
  const play = (seen = makeSeen(promoted)): readonly string[] => {
    const told: string[] = [];
    let world = seen;
    for (let write = removalWrite('payments', world, BOTH); write !== undefined; write = removalWrite('payments', world, BOTH)) {
      told.push(`${write.kind} ${write.entry === undefined ? 'deleted' : 'changed'}`);
      world = afterWrite(world, write, 'payments', 0);
    }
    return told;
  };

  it('clears the default subset, deletes the splitter, then the resolver', () =>
    expect(play(makeSeen(promoted, { resolver: resolver({ DefaultSubset: 'green' }) }))).to.deep.equal([
      'service-resolver changed',
      'service-splitter deleted',
      'service-resolver deleted',
    ]));

  it('takes routes of its own out first, and goes on from wherever it was stopped', () => {
    const plan = makePlan({ route: { header: { name: 'x-canary', value: '1' } } });
    const before = makeSeen(promoted);
    const routed = afterWrite(before, routeWrite('payments', before, wantedMatches(plan, promoted))!, 'payments', 0);
    expect(play(routed)[0]).to.equal('service-router deleted');
    const { splitter: _, ...stopped } = before;
    expect(play(stopped)).to.deep.equal(['service-resolver deleted']);
    const { resolver: __, ...done } = stopped;
    expect(play(done)).to.deep.equal([]);
  });

  for (const [name, more] of [
    ['a timeout', { ConnectTimeout: '7s' }],
    ['a further subset', { Subsets: { ...(makeSeen(promoted).resolver!.entry.Subsets as object), old: { Filter: 'x == 1' } } }],
    ['a load balancer', { LoadBalancer: { Policy: 'least_request' } }],
    ['Meta', { Meta: { team: 'shop' } }],
  ] as const)
    it(`leaves the resolver where somebody has set ${name}`, () =>
      expect(play(makeSeen(promoted, { resolver: resolver(more) })).at(-1)).to.equal('service-resolver changed'));

  it('takes a resolver for bare that has only what Consul fills in', () =>
    expect(play(makeSeen(promoted, { resolver: resolver({ ConnectTimeout: '0s', Failover: null, Meta: {} }) })).at(-1)).to.equal(
      'service-resolver deleted',
    ));

  it('keeps what belongs to somebody else', () => {
    expect(whyKept('payments', makeSeen(promoted), BOTH)).to.equal(undefined);
    const foreign = makeSeen(promoted, { resolver: resolver({ Meta: { 'external-source': 'kubernetes' } }) });
    expect(whyKept('payments', foreign, BOTH)).to.match(/service-resolver\/payments belongs to kubernetes/);
    const failing = makeSeen(promoted, { resolver: resolver({ Failover: { green: { Datacenters: ['dc2'] } } }) });
    expect(whyKept('payments', failing, BOTH)).to.match(/has a Failover for green/);
  });

  it('knows who else sends traffic to the subsets', () => {
    const entry = (Kind: string, Name: string, fields: Entry): StoredEntry => stored({ Kind, Name, ...fields }, 1);
    const to = { Service: 'payments', ServiceSubset: 'green' };
    const entries = [
      entry('service-splitter', 'payments', { Splits: [{ Weight: 100, ServiceSubset: 'green' }] }),
      entry('service-splitter', 'shop', { Splits: [{ Weight: 100, ...to }] }),
      entry('service-router', 'payments', { Routes: [{ Destination: { ServiceSubset: 'blue' } }] }),
      entry('service-router', 'cart', {
        Routes: [{ Destination: { Service: 'payments' } }, { Destination: { ServiceSubset: 'blue' } }],
      }),
      entry('service-resolver', 'old-payments', { Redirect: to }),
      entry('service-resolver', 'orders', { Failover: { '*': { Targets: [{ Service: 'payments', ServiceSubset: 'blue' }] } } }),
      entry('service-resolver', 'stock', { Failover: { '*': { Service: 'payments', ServiceSubset: 'elsewhere' } } }),
    ];
    expect(mentionsOf('payments', BOTH, entries)).to.deep.equal([
      'service-splitter/shop',
      'service-router/payments',
      'service-resolver/old-payments',
      'service-resolver/orders',
    ]);
  });
});
