import { expect } from 'chai';
import fc from 'fast-check';
import type { Snapshot } from '../../src/signals/envoy-metrics.js';
import { incrementsBetween } from '../../src/signals/increments.js';
import { Ledger } from '../../src/signals/ledger.js';

type Values = Record<string, number>;

function snapshot(clusters: Record<string, Values>): Snapshot {
  const group = (name: string, values: Values) => ({
    subset: name.split('/')[0]!,
    values: new Map(Object.entries(values)),
  });
  return new Map(Object.entries(clusters).map(([name, values]) => [name, group(name, values)]));
}

const CASES: readonly {
  name: string;
  before?: Record<string, Values>;
  after: Record<string, Values>;
  gives: Record<string, Values>;
}[] = [
  { name: 'a first scrape is a base line', after: { green: { 2: 90, 5: 3 } }, gives: { green: { 2: 0, 5: 0 } } },
  {
    name: 'counters that went up give the difference',
    before: { green: { 2: 90 } },
    after: { green: { 2: 95 } },
    gives: { green: { 2: 5 } },
  },
  {
    name: 'the first 5xx counts from zero',
    before: { green: { 2: 90 } },
    after: { green: { 2: 90, 5: 2 } },
    gives: { green: { 2: 0, 5: 2 } },
  },
  {
    name: 'a new subset counts from zero',
    before: { blue: { 2: 9 } },
    after: { blue: { 2: 9 }, green: { 2: 4 } },
    gives: { blue: { 2: 0 }, green: { 2: 4 } },
  },
  {
    name: 'a counter that went down was reset',
    before: { green: { 2: 90 } },
    after: { green: { 2: 7 } },
    gives: { green: { 2: 7 } },
  },
  {
    name: 'one reset counter resets its cluster',
    before: { green: { 2: 90, 5: 1 } },
    after: { green: { 2: 7, 5: 4 } },
    gives: { green: { 2: 7, 5: 4 } },
  },
  {
    name: 'a counter that is gone resets its cluster',
    before: { green: { 2: 90, 5: 1 } },
    after: { green: { 2: 95 } },
    gives: { green: { 2: 95 } },
  },
  {
    name: 'a reset leaves the other clusters alone',
    before: { green: { 2: 90 }, blue: { 2: 100 } },
    after: { green: { 2: 1 }, blue: { 2: 110 } },
    gives: { green: { 2: 1 }, blue: { 2: 10 } },
  },
  {
    name: 'one of two clusters of a subset goes without counting the other again',
    before: { 'green/a': { 2: 500 }, 'green/b': { 2: 400 } },
    after: { 'green/b': { 2: 403 } },
    gives: { green: { 2: 3 } },
  },
  { name: 'an empty scrape gives nothing', before: { green: { 2: 90 } }, after: {}, gives: {} },
];

describe('increments between two scrapes', () => {
  for (const { name, before, after, gives } of CASES) {
    it(name, () => {
      const increments = incrementsBetween(before && snapshot(before), snapshot(after));
      expect(
        Object.fromEntries([...increments].map(([subset, counters]) => [subset, Object.fromEntries(counters)])),
      ).to.deep.equal(gives);
    });
  }
});

describe('the ledger', () => {
  const one = (amount: number): ReadonlyMap<string, ReadonlyMap<string, number>> =>
    new Map([['green', new Map([['2', amount]])]]);

  it('gives a consumer that comes later only what is added from then on', () => {
    const ledger = new Ledger();
    ledger.add(one(5));
    expect(ledger.take('late').get('green')?.get('2')).to.equal(0);
    ledger.add(one(3));
    expect(ledger.take('late').get('green')?.get('2')).to.equal(3);
    expect(ledger.take('late').get('green')?.get('2')).to.equal(0);
  });

  it('gives every consumer the whole sum, however often each of them takes', () => {
    const events = fc.array(fc.oneof(fc.record({ add: fc.nat(100) }), fc.record({ take: fc.constantFrom('a', 'b') })));
    fc.assert(
      fc.property(events, (list) => {
        const ledger = new Ledger();
        const got: Record<string, number> = { a: 0, b: 0 };
        const take = (consumer: string): void => {
          got[consumer]! += ledger.take(consumer).get('green')?.get('2') ?? 0;
        };
        take('a');
        take('b');
        let added = 0;
        for (const event of list) {
          if ('take' in event) take(event.take);
          else {
            ledger.add(one(event.add));
            added += event.add;
          }
        }
        take('a');
        take('b');
        expect(got).to.deep.equal({ a: added, b: added });
      }),
    );
  });
});
