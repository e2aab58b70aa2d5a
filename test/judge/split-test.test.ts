import { expect } from 'chai';
import fc from 'fast-check';
import { partAmong, partOf } from '../../src/judge/alpha.js';
import { beginSplit, continueSplit, type SplitState, type SplitTask } from '../../src/judge/split-test.js';
import { seeded } from './random.js';

const ALPHA = 1e-4;
const task = (asked: number, before?: number, more: Partial<SplitTask> = {}): SplitTask => ({
  asked,
  before,
  alpha: ALPHA,
  atLeast: false,
  ...more,
});

/** So many requests one after the other, of which this share goes to canary and that share past the split. */
function send(of: SplitTask, state: SplitState, requests: number, share: number, past = 0, random = seeded(11)): SplitState {
  let now = state;
  for (let i = 0; i < requests; i++) {
    const isPast = random() < past;
    now = continueSplit(of, now, { canary: !isPast && random() < share ? 1 : 0, past: isPast ? 1 : 0, total: 1 });
  }
  return now;
}

describe('the split of one caller', () => {
  const rows: readonly (readonly [
    what: string,
    of: SplitTask,
    share: number,
    past: number,
    requests: number,
    follows: boolean | null,
  ])[] = [
    ['a stale 0% beside 50%', task(0.5, 0), 0, 0, 20, false],
    ['a stale 10% beside 50%: 3 s at 20 a second', task(0.5, 0.1), 0.1, 0, 60, false],
    ['a stale 0% beside 10%', task(0.1, 0), 0, 0, 130, false],
    ['a stale 0% beside 1%: it takes its time', task(0.01, 0), 0, 0, 1_500, false],
    ['a stale 50% beside 100%', task(1, 0.5), 0.5, 0, 12, false],
    ['a stale 50% beside 0%, after a revert', task(0, 0.5), 0.5, 0, 20, false],
    ['too much: 50% where 10% are asked', task(0.1, 0.5), 0.5, 0, 40, false],
    ['one that never heard of the split', task(0.5, 0), 0.5, 1, 20, false],
    ['and at 0% too', task(0, undefined), 0.5, 1, 20, false],
    ['few requests say nothing', task(0.5, 0), 0, 0, 8, null],
    ['it follows', task(0.5, 0), 0.5, 0, 40, true],
    ['it follows, and nobody knows what it sent before', task(0.5, undefined), 0.5, 0, 4_000, null],
    ['it follows to 0%', task(0, 0.5), 0, 0, 10, true],
    ['some old connections from before the split', task(0.5, 0), 0.5, 0.3, 4_000, true],
    ['testers on top', task(0.1, 0, { atLeast: true }), 0.6, 0, 2_000, true],
    ['testers on top, and yet too little', task(0.5, 0, { atLeast: true }), 0.1, 0, 60, false],
  ];
  for (const [what, of, share, past, requests, follows] of rows)
    it(`${what}: ${follows}`, () => {
      expect(send(of, beginSplit(of), requests, share, past).follows).to.equal(follows);
    });

  it('takes what Envoy cuts off a weight, and torn pages, for no evidence, however many requests there are', () => {
    for (const [asked, sent] of [
      [0.021, 0.0209],
      [0.0001, 0],
      [0.5, 0.504],
      [1, 0.9999],
    ] as const) {
      const of = task(asked, undefined);
      const counts = { canary: Math.round(1e8 * sent), past: 0, total: 1e8 };
      expect(continueSplit(of, beginSplit(of), counts).follows, `${sent} for ${asked}`).to.not.equal(false);
    }
    const off = task(0.021, undefined);
    expect(continueSplit(off, beginSplit(off), { canary: 1.9e6, past: 0, total: 1e8 }).follows).to.equal(false);
  });

  it('follows again once its requests speak for the weights, and not by a lucky few', () => {
    const of = task(0.5, 0.1);
    const stale = send(of, beginSplit(of), 5_000, 0.1);
    expect(stale.follows).to.equal(false);
    expect(send(of, stale, 5, 0.5).follows, 'five').to.equal(false);
    const back = send(of, stale, 60, 0.5);
    expect([back.follows, back.starts]).to.deep.equal([true, 2]);
    expect(send(of, back, 80, 0.1).follows, 'and is found again').to.equal(false);
    const unsplit = send(task(0.5, 0), beginSplit(task(0.5, 0)), 500, 0.5, 1);
    expect(send(task(0.5, 0), unsplit, 10, 0.5).follows, 'it has the split now').to.equal(true);
  });

  it('calls one that follows stale with a chance of at most alpha, however often one looks', () => {
    const random = seeded(3);
    let wrong = 0;
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const of = task([0.01, 0.1, 0.5, 0.99][run % 4]!, undefined, { alpha: 0.05 });
      if (send(of, beginSplit(of), 500, of.asked, 0, random).follows === false) wrong++;
    }
    // 20 are allowed, and the slack keeps it well below.
    expect(wrong).to.be.at.most(20);
  });

  it('says nothing of no requests, and never spends more than there is', () => {
    const of = task(0.3, 0.1);
    const state = beginSplit(of);
    expect(continueSplit(of, state, { canary: 0, past: 0, total: 0 })).to.equal(state);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 0, max: 500 }), (known, late) => {
        const spent = Array.from({ length: known + late }, (_, i) => partAmong(i, known)).reduce((sum, part) => sum + part, 0);
        return spent <= 1 + 1e-9;
      }),
      { numRuns: 50 },
    );
    expect(Array.from({ length: 10_000 }, (_, i) => partOf(i + 1)).reduce((sum, part) => sum + part, 0)).to.be.within(0.99, 1);
  });
});
