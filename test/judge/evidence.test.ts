import { expect } from 'chai';
import fc from 'fast-check';
import { continueBoundTest, prepareBoundTest } from '../../src/judge/bound-test.js';
import { enterStep, freshEvidence, startedShare, strengthOf } from '../../src/judge/evidence.js';
import { continuePairTest, preparePairTest } from '../../src/judge/pair-test.js';

describe('evidence', () => {
  it('spends less than all of its wealth, and never takes any back', () => {
    fc.assert(
      fc.property(fc.nat(20_000_000), fc.nat(1_000_000), fc.nat(50), (seen, more, steps) => {
        const now = startedShare(seen, steps);
        expect(startedShare(seen + more, steps)).to.be.within(now, 1);
        expect(startedShare(seen, steps + 1)).to.be.within(now, 1);
      }),
    );
  });

  it('says nothing before the first request, and a new step alone adds nothing', () => {
    const fresh = freshEvidence(12);
    expect(strengthOf(fresh)).to.be.closeTo(1, 1e-12);
    expect(strengthOf(enterStep(enterStep(fresh)))).to.be.closeTo(1, 1e-12);
  });

  it('has an expectation of exactly 1 after any look at a rate on the bound, and less below it', () => {
    const test = prepareBoundTest(0.02, 12);
    const before = continueBoundTest(test, freshEvidence(12), { bad: 1, total: 20 });
    for (const rate of [0.02, 0.015, 0.001]) {
      const expectation = expected(6, rate, (bad) => strengthOf(continueBoundTest(test, before, { bad, total: 6 })));
      if (rate === 0.02) expect(expectation).to.be.closeTo(strengthOf(before), 1e-9);
      else expect(expectation).to.be.below(strengthOf(before));
    }
  });

  it('of a comparison never grows on average while canary is worse by the margin at most, whatever the rates', () => {
    const margin = 0.05;
    const test = preparePairTest(margin, 12);
    const before = freshEvidence(12);
    fc.assert(
      fc.property(
        fc.record({ n: fc.integer({ min: 1, max: 6 }), m: fc.integer({ min: 1, max: 6 }) }),
        fc.double({ min: 0, max: 1 - margin, noNaN: true }),
        fc.record({ bad: fc.nat(100), total: fc.integer({ min: 100, max: 5_000 }) }),
        ({ n, m }, stable, history) => {
          const expectation = expected(n, stable + margin, (bad) =>
            expected(m, stable, (worse) =>
              strengthOf(continuePairTest(test, before, { bad, total: n }, { bad: worse, total: m }, history)),
            ),
          );
          expect(expectation).to.be.at.most(1 + 1e-9);
        },
      ),
      { numRuns: 200, seed: 7 },
    );
  });

  it('stays a number for ten million requests in one look, good or bad', () => {
    const test = prepareBoundTest(0.005, 12);
    const healthy = continueBoundTest(test, freshEvidence(12), { bad: 0, total: 1e7 });
    expect(strengthOf(healthy)).to.be.within(0, 1);
    const broken = continueBoundTest(test, healthy, { bad: 1e7, total: 1e7 });
    expect(strengthOf(broken)).to.be.above(1e6);
    expect(Number.isFinite(strengthOf(continueBoundTest(test, broken, { bad: 1e7, total: 1e7 })))).to.equal(true);
  });

  it('grows with every further failure among as many requests', () => {
    const test = prepareBoundTest(0.005, 12);
    const strengths = Array.from({ length: 40 }, (_, bad) =>
      strengthOf(continueBoundTest(test, freshEvidence(12), { bad, total: 500 })),
    );
    for (let i = 1; i < strengths.length; i++) expect(strengths[i]).to.be.above(strengths[i - 1]!);
  });
});

/** The mean of a function of a binomial number, exactly. */
function expected(n: number, rate: number, of: (bad: number) => number): number {
  let sum = 0;
  let ways = 1;
  for (let k = 0; k <= n; k++) {
    sum += ways * rate ** k * (1 - rate) ** (n - k) * of(k);
    ways = (ways * (n - k)) / (k + 1);
  }
  return sum;
}
