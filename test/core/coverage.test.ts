import { expect } from 'chai';
import fc from 'fast-check';
import {
  type Coverage,
  coverageOf,
  FRESH_RECKONING,
  type Reckoning,
  reckon,
  sayShare,
  saySight,
  unseenOf,
  whyUnseen,
} from '../../src/core/coverage.js';
import type { Counts } from '../../src/core/verdict.js';

const counts = (bad: number, total: number): Counts => ({ bad, total });
const NONE = counts(0, 0);
const all = { found: 2, read: 2 };

describe('both sides', () => {
  it('tells what no caller accounts for, each kind of answer by itself', () => {
    const rows: [Counts, Counts, Counts, Counts][] = [
      // callers, tried again, instances: unseen
      [counts(0, 100), NONE, counts(0, 100), NONE],
      [counts(0, 50), NONE, counts(50, 100), counts(50, 50)],
      [NONE, NONE, counts(3, 10), counts(3, 10)],
      [counts(3, 103), counts(16, 16), counts(19, 119), NONE],
      // 503s that no instance ever got
      [counts(20, 120), NONE, counts(0, 130), counts(0, 30)],
      // read a moment later
      [counts(2, 110), NONE, counts(1, 100), NONE],
    ];
    for (const [callers, retried, instances, unseen] of rows)
      expect(unseenOf({ callers, retried, instances })).to.deep.equal(unseen);
  });

  it('tells a failure once, though its caller tells it later than its instance', () => {
    let state: Reckoning = FRESH_RECKONING;
    const step = (callers: Counts, instances: Counts): Counts => {
      const { next, news } = reckon(state, { callers, retried: NONE, instances });
      state = next;
      return news;
    };
    expect(step(NONE, counts(5, 10))).to.deep.equal(counts(5, 10));
    expect(step(counts(5, 10), NONE)).to.deep.equal(NONE);
    expect(step(counts(1, 3), NONE)).to.deep.equal(counts(1, 3));
    expect(step(NONE, counts(1, 3))).to.deep.equal(NONE);
    expect(step(NONE, counts(2, 2))).to.deep.equal(counts(2, 2));
  });

  /** One request: by whom, how it ended, and when the instance and its caller count it. */
  interface Request {
    readonly at: number;
    readonly way: 'read' | 'unread' | 'never-arrived' | 'given-up';
    readonly bad: boolean;
    /** A failed first attempt that the caller's proxy makes again. */
    readonly again: boolean;
    readonly travels: number;
  }
  const SETTLED = 50;
  const request = fc.record({
    at: fc.integer({ min: 0, max: 2_000 }),
    way: fc.constantFrom<Request['way']>('read', 'unread', 'never-arrived', 'given-up'),
    bad: fc.boolean(),
    again: fc.boolean(),
    travels: fc.integer({ min: 0, max: SETTLED }),
  });
  /** Looks: callers are read at `at`, the instances' page that is held against it at least `SETTLED` before. */
  const looks = fc.array(fc.record({ wait: fc.integer({ min: 1, max: 400 }), behind: fc.integer({ min: SETTLED, max: 600 }) }), {
    minLength: 1,
    maxLength: 12,
  });
  const sum = (list: readonly Counts[]): Counts =>
    counts(
      list.reduce((n, c) => n + c.bad, 0),
      list.reduce((n, c) => n + c.total, 0),
    );
  const one = (bad: boolean): Counts => counts(bad ? 1 : 0, 1);
  const byCallers = (requests: readonly Request[], at: number): Counts =>
    sum(
      requests.flatMap((r) => {
        if (r.way === 'read' && r.at + r.travels <= at) return [one(r.bad)];
        return r.way === 'never-arrived' && r.at <= at ? [one(true)] : [];
      }),
    );
  const triedAgain = (requests: readonly Request[], at: number): Counts =>
    sum(requests.flatMap((r) => (r.way === 'read' && r.again && r.at + r.travels <= at ? [one(true)] : [])));
  const byInstances = (requests: readonly Request[], at: number): Counts =>
    sum(
      requests.flatMap((r) => {
        if (r.at > at || r.way === 'never-arrived' || r.way === 'given-up') return [];
        return r.way === 'read' && r.again ? [one(true), one(r.bad)] : [one(r.bad)];
      }),
    );
  const truth = (requests: readonly Request[], at: number): Counts =>
    sum(requests.flatMap((r) => (r.at > at || r.way === 'given-up' ? [] : [one(r.way === 'never-arrived' || r.bad)])));
  const less = (a: Counts, b: Counts): Counts => counts(a.bad - b.bad, a.total - b.total);

  it('never invents a failure nor counts one twice, whatever is retried, given up, late, or read at other instants', () => {
    fc.assert(
      fc.property(fc.array(request, { maxLength: 120 }), looks, (requests, gaps) => {
        let [at, instanceAt] = [0, 0];
        let state: Reckoning = FRESH_RECKONING;
        const [callersBase, retriedBase, instancesBase] = [
          byCallers(requests, 0),
          triedAgain(requests, 0),
          byInstances(requests, 0),
        ];
        // What began before the base line and is counted by its caller after it belongs to the time after it.
        const before = sum([
          byCallers(requests, 0),
          sum(requests.flatMap((r) => (r.way === 'unread' && r.at <= 0 ? [one(r.bad)] : []))),
        ]);
        let told = NONE;
        for (const { wait, behind } of [...gaps, { wait: 5_000, behind: SETTLED }]) {
          at += wait;
          instanceAt = Math.max(instanceAt, at - behind);
          const now = {
            callers: less(byCallers(requests, at), callersBase),
            retried: less(triedAgain(requests, at), retriedBase),
            instances: less(byInstances(requests, instanceAt), instancesBase),
          };
          const since = {
            callers: less(now.callers, state.callers),
            retried: less(now.retried, state.retried),
            instances: less(now.instances, state.instances),
          };
          const { next, news } = reckon(state, since);
          state = next;
          told = sum([told, news]);
          expect(news.bad).to.be.within(0, news.total);
          const real = less(truth(requests, at), before);
          expect(told.bad, 'failures').to.be.at.most(real.bad);
          expect(told.bad).to.be.at.least(now.callers.bad);
          expect(told.total).to.be.at.least(now.callers.total);
        }
        // In the end all is told, but for failures that hide behind those that no instance ever got.
        const real = less(truth(requests, at), before);
        const hidden = requests.filter(({ way }) => way === 'never-arrived').length;
        expect(real.bad - told.bad).to.be.at.most(hidden);
        expect(real.total - told.total).to.be.at.most(hidden);
      }),
    );
  });
});

describe('coverage', () => {
  it('is what callers counted of what the instances received; unknown without requests, and where no instance is read', () => {
    const share = (total: number, unseen: number, counted: number, instances = all) =>
      coverageOf({ total, unseen, counted }, instances);
    expect(share(100, 0, 105)).to.deep.equal({ share: 1, seen: 1, instances: all });
    expect(share(100, 52, 48)).to.deep.equal({ share: 0.48, seen: 1, instances: all });
    expect(share(100, 100, 0)).to.deep.equal({ share: 0, seen: 1, instances: all });
    expect(share(0, 0, 10).share).to.equal(null);
    expect(share(0, 0, 10, { found: 2, read: 0 }).seen).to.equal(null);
    // One of four is read: it received 25 of about 100, and callers counted 20.
    expect(share(25, 5, 20, { found: 4, read: 1 })).to.deep.equal({ share: 0.2, seen: 0.4, instances: { found: 4, read: 1 } });
  });

  it('is said in whole percent, and only the whole is 100', () => {
    expect([0, 0.001, 0.48, 0.996, 1, null].map(sayShare)).to.deep.equal(['0%', '1%', '48%', '99%', '100%', '?']);
  });

  it('never lets a sentence pass half of the traffic for the whole', () => {
    const callers = { found: 2, read: 1 };
    const say = (coverage: Coverage | undefined, who = callers) => saySight(coverage, who);
    expect(say(coverageOf({ total: 100, unseen: 52, counted: 48 }, all))).to.equal(
      "seen: 48% of canary's requests by its callers, the rest by what its instances answered",
    );
    expect(say(coverageOf({ total: 100, unseen: 100, counted: 0 }, all))).to.include('0% of');
    expect(say(coverageOf({ total: 25, unseen: 5, counted: 20 }, { found: 4, read: 1 }))).to.equal(
      "seen: 20% of canary's requests by its callers, 40% with what 1 of 4 instances answered",
    );
    expect(say(undefined)).to.equal('1 of 2 callers cannot be read: what they send is not seen');
    expect(say(coverageOf({ total: 100, unseen: 0, counted: 100 }, all))).to.equal('');
    expect(say(undefined, { found: 2, read: 2 })).to.equal('');
  });

  it('holds an advance below what the plan asks for, or where neither side sees half', () => {
    const of = (unseen: number, instances = all) => coverageOf({ total: 100, unseen, counted: 100 - unseen }, instances);
    const plan = { min: 0.95, onLow: 'hold' } as const;
    expect(whyUnseen('green', of(6), plan)).to.equal("94% of green's requests are counted by its callers, of at least 95%");
    expect(whyUnseen('green', of(6), { ...plan, onLow: 'report' })).to.equal(undefined);
    expect(whyUnseen('green', of(5), plan)).to.equal(undefined);
    expect(whyUnseen('green', of(90), undefined)).to.equal(undefined);
    expect(whyUnseen('green', of(90, { found: 4, read: 1 }), undefined)).to.match(/^27% of green's requests are seen: 3% by its/);
    const unknown = { share: null, seen: null, instances: { found: 2, read: 0 } };
    expect(whyUnseen('green', unknown, undefined)).to.equal(undefined);
    expect(whyUnseen('green', unknown, plan)).to.equal(
      "how much of green's requests its callers count is not known (0 of 2 instances can be read); the plan asks for at least 95%",
    );
    expect(whyUnseen('green', { ...unknown, instances: all }, plan), 'no request').to.equal(undefined);
    expect(whyUnseen('green', undefined, plan), 'nobody looked').to.equal(undefined);
  });
});
