import { expect } from 'chai';
import fc from 'fast-check';
import type { Snapshot } from '../../src/signals/envoy-metrics.js';
import type { PageFacts } from '../../src/signals/page-facts.js';
import { PageHistory } from '../../src/signals/page-history.js';

type Counters = Readonly<Record<string, number>>;

function snapshot(counters: Counters): Snapshot {
  return Object.keys(counters).length === 0
    ? new Map()
    : new Map([['cluster', { subset: 'green', values: new Map(Object.entries(counters)) }]]);
}

function allAnswered(counters: Counters): Counters {
  const all = Object.values(counters).reduce((sum, count) => sum + count, 0);
  return all === 0 ? {} : { total: all, completed: all, active: 0 };
}

/** A history and what it has counted so far. */
class Counting {
  readonly history = new PageHistory();
  at = 1_000_000_000;
  readonly sums: Record<string, number> = {};
  readonly requests: Record<string, number> = { sent: 0, unanswered: 0 };

  /** Takes a page; gives why it was ignored, or nothing. Unless told, all that was sent was answered. */
  take(counters: Counters, facts: PageFacts = {}, later = 100, requests = allAnswered(counters)): string | undefined {
    this.at += later;
    const families = new Map([
      ['classes' as const, snapshot(counters)],
      ['requests' as const, snapshot(requests)],
    ]);
    const taken = this.history.take({ at: this.at, facts, families });
    if (taken.kind === 'ignored') return taken.why;
    for (const [family, sums] of [['classes', this.sums] as const, ['requests', this.requests] as const])
      for (const [key, amount] of taken.increments.get(family)?.get('green') ?? []) sums[key] = (sums[key] ?? 0) + amount;
    return undefined;
  }

  get turns(): boolean {
    return this.history.hasTurns(this.at);
  }
}

describe('the pages of one address', () => {
  const old = { uptime: 500, born: '235' };
  const other = { uptime: 90, born: '465' };
  let pages: Counting;
  beforeEach(() => {
    pages = new Counting();
  });

  it('count what came in between; a counter that appears counts from zero', () => {
    pages.take({ 2: 100 }, old);
    pages.take({ 2: 103, 5: 2 }, old);
    expect(pages.sums).to.deep.equal({ 2: 3, 5: 2 });
  });

  it('change nothing when they are empty, cut, or lack what was there', () => {
    pages.take({ 2: 100, 5: 4 }, old);
    expect(pages.take({})).to.equal('the page is empty');
    expect(pages.take({ 2: 101 })).to.equal('the page is cut off');
    expect(pages.take({ 2: 101 }, { uptime: 500 })).to.equal('the page is cut off');
    pages.take({ 2: 102 }, old);
    pages.take({ 2: 103, 5: 5 }, old);
    expect(pages.sums).to.deep.equal({ 2: 3, 5: 1 });
    expect(pages.turns).to.equal(false);
  });

  it('are no base line when the first is empty or cut', () => {
    pages.take({});
    pages.take({ 2: 40 });
    pages.take({ 2: 100, 5: 40 }, { uptime: 500 });
    pages.take({ 2: 100, 5: 40 }, old);
    pages.take({ 2: 101, 5: 40 }, old);
    expect(pages.sums).to.deep.equal({ 2: 1, 5: 0 });
  });

  it('count since zero when their Envoy began since the page before', () => {
    pages.take({ 2: 100, 5: 4 }, old);
    pages.take({ 2: 7 }, { uptime: 0 }, 1_500);
    pages.take({ 2: 9, 5: 1 }, { uptime: 6, born: '240' }, 5_000);
    expect(pages.sums).to.deep.equal({ 2: 9, 5: 1 });
    expect(pages.turns).to.equal(false);
  });

  it('go on after a beginning that nobody saw, from a base line', () => {
    pages.take({ 2: 100 }, old);
    pages.take({ 2: 7 }, { uptime: 90, born: '240' }, 30_000);
    pages.take({ 2: 9 }, { uptime: 90, born: '240' });
    expect(pages.sums).to.deep.equal({ 2: 2 });
  });

  it('of two Envoys by turns are told apart, each counted by itself, and said so for a minute', () => {
    pages.take({ 2: 100 }, old);
    pages.take({ 2: 9_000, 5: 70 }, other);
    expect(pages.turns).to.equal(false);
    pages.take({ 2: 101 }, old);
    pages.take({ 2: 9_000, 5: 71 }, other);
    pages.take({ 2: 102 }, old);
    expect(pages.sums).to.deep.equal({ 2: 2, 5: 1 });
    expect(pages.turns).to.equal(true);
    pages.take({ 2: 102 }, { ...old, uptime: 565 }, 61_000);
    expect(pages.turns).to.equal(false);
  });

  it('tell what became of requests: fewer under way are no reset, and an Envoy that began counts since zero', () => {
    pages.take({ 2: 90 }, old, 100, { total: 100, completed: 90, active: 10 });
    pages.take({ 2: 105 }, old, 100, { total: 110, completed: 105, active: 5 });
    expect([pages.sums, pages.requests]).to.deep.equal([{ 2: 15 }, { sent: 15, unanswered: 0 }]);
    pages.take({ 2: 5 }, { uptime: 0 }, 1_500, { total: 9, completed: 5, active: 4 });
    expect(pages.requests).to.deep.equal({ sent: 24, unanswered: 0 });
    pages.take({ 2: 5 }, { uptime: 0 }, 100, { total: 9, completed: 5, active: 0 });
    pages.take({ 2: 5 }, { uptime: 0 }, 100, { total: 9, completed: 5, active: 0 });
    expect([pages.sums, pages.requests]).to.deep.equal([{ 2: 20 }, { sent: 24, unanswered: 4 }]);
  });

  it('tell of two Envoys by turns what became of the requests of each', () => {
    const idle = (count: number): Counters => ({ total: count, completed: count, active: 0 });
    pages.take({ 2: 100 }, old, 100, idle(100));
    pages.take({ 2: 9_000 }, other, 100, idle(9_000));
    for (let i = 0; i < 3; i++) {
      pages.take({ 2: 100 }, old, 100, { total: 106, completed: 100, active: 0 });
      pages.take({ 2: 9_004 }, other, 100, idle(9_004));
    }
    expect([pages.sums, pages.requests]).to.deep.equal([{ 2: 4 }, { sent: 10, unanswered: 6 }]);
  });

  it('that do not say who wrote them add nothing they cannot be sure of, however they alternate', () => {
    for (let i = 0; i < 400; i++) pages.take(i % 4 < 2 ? { 2: 1_000 + i } : { 2: 400 + i });
    expect(pages.turns).to.equal(true);
    // Each Envoy gets at most one request a page here.
    expect(pages.sums[2] ?? 0).to.be.at.most(400);
  });

  it('that do not say who wrote them go on after a new beginning', () => {
    pages.take({ 2: 100 });
    for (let i = 0; i < 200; i++) pages.take({ 2: i });
    pages.take({ 2: 300 }, {}, 20_000);
    const before = pages.sums[2]!;
    pages.take({ 2: 310 });
    expect(pages.sums[2]! - before).to.equal(10);
    expect(pages.turns).to.equal(false);
  });

  it('never count a request that was not sent, whatever order empty, cut, alternating and restarted ones come in', () => {
    /** One Envoy as it would be without this address: its counters, and when it began. */
    interface Envoy {
      began: number;
      born: string;
      sent: Record<string, number>;
    }
    const keys = ['2', '4', '5'];
    const event = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          what: fc.constant('send' as const),
          who: fc.nat(1),
          key: fc.constantFrom(...keys),
          n: fc.nat(50),
        }),
      },
      {
        weight: 6,
        arbitrary: fc.record({ what: fc.constant('read' as const), who: fc.nat(1), later: fc.integer({ min: 50, max: 30_000 }) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          what: fc.constant('restart' as const),
          who: fc.nat(1),
          after: fc.integer({ min: 0, max: 3_000 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('empty' as const) }) },
      // Lines of counters come first, then the uptime, then how long it took to begin.
      { weight: 3, arbitrary: fc.record({ what: fc.constant('cut' as const), who: fc.nat(1), lines: fc.nat(4) }) },
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const all = new Counting();
        const begin = (born: number, age: number): Envoy => ({ began: all.at - age, born: String(born), sent: { 2: 1 + born } });
        const envoys = [begin(235, 500_000), begin(465, 90_000)];
        const truth: Record<string, number> = {};
        let births = 500;
        const factsOf = (envoy: Envoy): PageFacts => {
          // As of the last flush, each five seconds since it began.
          const age = Math.floor((all.at - envoy.began) / 5_000) * 5;
          return age < 5 ? { uptime: 0 } : { uptime: age, born: envoy.born };
        };
        // Two cut pages of two Envoys before any whole one cannot be told from one Envoy that never says who it is.
        all.take(envoys[0]!.sent, factsOf(envoys[0]!), 0);
        for (const one of events) {
          if (one.what === 'empty') all.take({});
          else if (one.what === 'send') {
            const { sent } = envoys[one.who]!;
            sent[one.key] = (sent[one.key] ?? 0) + one.n;
            truth[one.key] = (truth[one.key] ?? 0) + one.n;
          } else if (one.what === 'restart') {
            all.at += one.after;
            envoys[one.who] = { began: all.at, born: String(births++), sent: {} };
          } else {
            const envoy = envoys[one.who]!;
            if (one.what === 'read') {
              all.at += one.later;
              all.take(envoy.sent, factsOf(envoy), 0);
              continue;
            }
            const shown = Object.fromEntries(Object.entries(envoy.sent).slice(0, one.lines));
            const { uptime } = factsOf(envoy);
            all.take(shown, one.lines === 4 && uptime !== undefined ? { uptime } : {}, 0);
          }
        }
        for (const key of keys) expect(all.sums[key] ?? 0, key).to.be.at.most(truth[key] ?? 0);
        const sent = keys.reduce((sum, key) => sum + (truth[key] ?? 0), 0);
        expect(all.requests).to.deep.include({ unanswered: 0 });
        expect(all.requests.sent).to.be.at.most(sent);
      }),
      { numRuns: 2_000 },
    );
  });
});
