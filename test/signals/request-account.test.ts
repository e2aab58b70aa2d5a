import { expect } from 'chai';
import fc from 'fast-check';
import {
  EMPTY_ACCOUNT,
  followAccount,
  openAccount,
  type RequestAccount,
  type RequestCounters,
} from '../../src/signals/request-account.js';
import { RequestFollower } from '../../src/signals/request-follower.js';

const page = (counters: Partial<RequestCounters>): RequestCounters => ({
  ...{ cancelled: 0, completed: 0, retried: 0, total: 0, active: 0 },
  ...counters,
});

/** What pages, each written twice, make of a cluster that was idle at first. */
function follow(...pages: readonly Partial<RequestCounters>[]): RequestAccount {
  return pages.flatMap((one) => [one, one]).reduce((known, one) => followAccount(known, page(one)), EMPTY_ACCOUNT);
}

// Each counter as a real Envoy 1.36.4 moved it for four requests of this kind.
const KINDS: readonly (readonly [name: string, counters: Partial<RequestCounters>, unanswered: number, sent: number])[] = [
  ['answered', { completed: 4, total: 4 }, 0, 4],
  ['given up by their callers', { total: 4 }, 4, 4],
  ['under way', { total: 4, active: 4 }, 0, 4],
  ['timed out by Envoy, which answers 504', { completed: 4, total: 4 }, 0, 4],
  ['given up while they waited for a connection', { cancelled: 4 }, 4, 4],
  ['timed out by Envoy while they waited for a connection', { cancelled: 4, completed: 4 }, 0, 4],
  ['answered with headers and still open', { completed: 4, total: 4, active: 4 }, 0, 4],
  ['answered 500 and retried twice at most', { completed: 4, retried: 6, total: 10 }, 0, 4],
  ['refused, retried, and answered 503 by Envoy', { completed: 4, retried: 6 }, 0, 4],
  ['answered 503 by Envoy, for there is no host', { completed: 4 }, 0, 4],
];

describe('the account of requests', () => {
  for (const [name, counters, unanswered, sent] of KINDS) {
    it(`knows four requests that were ${name}`, () => {
      const account = follow(counters);
      expect([account.unanswered, account.sent]).to.deep.equal([unanswered, sent]);
    });
  }

  it('takes its first page for a base line, whatever was given up before', () => {
    const pages = [page({ total: 900, completed: 100, active: 3 }), page({ total: 900, completed: 103 })];
    const account = pages.slice(1).reduce(followAccount, openAccount(pages[0]!));
    expect([account.unanswered, account.sent]).to.deep.equal([0, 3]);
  });

  it('goes on from zero after a new Envoy, and forgets nothing', () => {
    const account = follow({ total: 10, completed: 4 }, { total: 3, completed: 2 });
    expect([account.unanswered, account.sent]).to.deep.equal([7, 13]);
  });

  it('finds what is given up after Envoy answered many requests by itself', () => {
    const account = follow({ completed: 600 }, { completed: 600, total: 50 });
    expect([account.unanswered, account.sent]).to.deep.equal([50, 650]);
  });

  const request = fc.record({
    at: fc.integer({ min: 0, max: 4_000 }),
    kind: fc.constantFrom('answer', 'answer', 'stream', 'give up', 'pending', 'pending 504', 'local', 'retry'),
    waits: fc.integer({ min: 0, max: 900 }),
    streams: fc.integer({ min: 0, max: 2_000 }),
  });
  type Request = Readonly<{ at: number; kind: string; waits: number; streams: number }>;
  type Event = Readonly<{ at: number; counter: keyof RequestCounters | 'unanswered' | 'sent'; by: number }>;

  /** Everything that Envoy counts for a request, and the truth about it. */
  function eventsOf({ at, kind, waits, streams }: Request): readonly Event[] {
    const end = at + waits;
    const one = (counter: Event['counter'], when: number, by = 1): Event => ({ at: when, counter, by });
    const attached = [one('sent', at), one('total', at), one('active', at)];
    switch (kind) {
      case 'answer':
        return [...attached, one('completed', end), one('active', end, -1)];
      case 'stream':
        return [...attached, one('completed', end), one('active', end + streams, -1)];
      case 'give up':
        return [...attached, one('active', end, -1), one('unanswered', end)];
      case 'pending':
        return [one('sent', at), one('cancelled', end), one('unanswered', end)];
      case 'pending 504':
        return [one('sent', at), one('cancelled', end), one('completed', end)];
      case 'retry': {
        const again = [one('total', end), one('active', end), one('completed', end + waits), one('active', end + waits, -1)];
        return [...attached, one('active', end, -1), one('retried', end), ...again];
      }
      default:
        return [one('sent', at), one('completed', at)];
    }
  }

  function run(requests: readonly Request[], skews: readonly number[], every: number, restart = Number.POSITIVE_INFINITY) {
    const events = requests.flatMap(eventsOf);
    const count = (counter: Event['counter'], at: number): number => {
      const since = at >= restart ? restart : Number.NEGATIVE_INFINITY;
      const truth = counter === 'unanswered' || counter === 'sent';
      return events.reduce(
        (sum, one) => sum + (one.counter === counter && one.at <= at && (truth || one.at > since) ? one.by : 0),
        0,
      );
    };
    let account: RequestAccount | undefined;
    const seen: { readonly account: RequestAccount; readonly unanswered: number; readonly sent: number }[] = [];
    for (let from = 0, i = 0; from < 12_000; from += every, i++) {
      // One page: each number is read a moment after the one before it, and all before the next page begins.
      let at = from;
      const read = (counter: keyof RequestCounters): number => {
        at += (skews[i % skews.length]! * every) / 6;
        return Math.max(0, count(counter, at));
      };
      const counters = {
        cancelled: read('cancelled'),
        completed: read('completed'),
        retried: read('retried'),
        total: read('total'),
        active: read('active'),
      };
      account = account === undefined ? openAccount(counters) : followAccount(account, counters);
      seen.push({ account, unanswered: count('unanswered', at), sent: count('sent', at) });
    }
    return seen;
  }

  const histories = fc.tuple(
    fc.array(request, { maxLength: 60 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }),
  );
  const paces = fc.constantFrom(50, 100, 400, 1_500);

  it('never has more unanswered requests than there are, however a page is torn', () => {
    fc.assert(
      fc.property(histories, paces, ([requests, skews], every) => {
        let before = 0;
        for (const { account, unanswered } of run(requests, skews, every)) {
          expect(account.unanswered).to.be.within(before, unanswered);
          before = account.unanswered;
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never has an unanswered request of a service that is only slow, restarts of its caller’s sidecar among it', () => {
    const slow = request.map((one) => ({ ...one, kind: one.kind.includes('p') ? 'answer' : one.kind, waits: one.waits * 4 }));
    const restarts = fc.option(fc.integer({ min: 500, max: 5_000 }), { nil: Number.POSITIVE_INFINITY });
    fc.assert(
      fc.property(fc.array(slow, { maxLength: 60 }), histories, paces, restarts, (requests, [, skews], every, restart) => {
        // What was under way when the old Envoy ended is counted by nobody.
        const lost = requests.filter(({ at, waits, streams }) => at > restart || at + 2 * waits + streams < restart);
        for (const { account } of run(lost, skews, every, restart)) expect(account.unanswered).to.equal(0);
      }),
      { numRuns: 300 },
    );
  });

  it('knows them all once all has ended, where every answer came from the service and was not streamed', () => {
    const plain = request.map((one) => ({
      ...one,
      at: one.at + 1_600,
      kind: /^(stream|local)$/.test(one.kind) ? 'answer' : one.kind,
    }));
    fc.assert(
      fc.property(fc.array(plain, { maxLength: 60 }), histories, paces, (requests, [, skews], every) => {
        const { account, unanswered, sent } = run(requests, skews, every).at(-1)!;
        expect([account.unanswered, account.sent]).to.deep.equal([unanswered, sent]);
      }),
      { numRuns: 300 },
    );
  });
});

describe('the requests of a caller, page after page', () => {
  const snapshot = (values: Readonly<Record<string, number>>) =>
    new Map([['green', { subset: 'green', values: new Map(Object.entries(values)) }]]);
  const sent = (follower: RequestFollower, values: Readonly<Record<string, number>>): number =>
    follower.follow(snapshot(values), new Map()).get('green')?.get('sent') ?? 0;

  it('begin at the first whole page, also where the one before it was cut off: what was sent before is not counted', () => {
    const follower = new RequestFollower();
    expect(sent(follower, { completed: 1_000, total: 1_000 })).to.equal(0);
    expect(sent(follower, { completed: 1_010, total: 1_010, active: 0 })).to.equal(0);
    expect(sent(follower, { completed: 1_030, total: 1_031, active: 1 })).to.equal(21);
  });
  it('of a cluster that was not there before count from zero', () => {
    const follower = new RequestFollower();
    follower.follow(new Map(), new Map());
    expect(sent(follower, { completed: 7, total: 7, active: 0 })).to.equal(7);
  });
});
