import { expect } from 'chai';
import { lowerShare, upperShare } from '../../src/judge/confidence.js';
import { poisson, seeded } from './random.js';

describe('the upper end of what is believed', () => {
  it('is everything without a request, and shrinks with good ones', () => {
    expect(upperShare({ bad: 0, total: 0 }, 0.99)).to.equal(1);
    const ends = [1, 10, 100, 1_000, 10_000, 1e7].map((total) => upperShare({ bad: 0, total }, 0.99));
    for (let i = 1; i < ends.length; i++) expect(ends[i]).to.be.below(ends[i - 1]!);
    expect(ends.at(-1)).to.be.below(1e-5);
  });

  it('solves its own equation: the mixture outweighs it exactly 100 times', () => {
    // 3 bad of 10: B(3.5, 7.5)/B(0.5, 0.5) = 0.00190...; checked by the recurrence of the beta function.
    const p = upperShare({ bad: 3, total: 10 }, 0.99);
    const beta = [0.5, 1.5, 2.5].reduce((value, a, i) => value * (a / (1 + i)), 1);
    const mixture = Array.from({ length: 7 }, (_, i) => (0.5 + i) / (4 + i)).reduce((value, factor) => value * factor, beta);
    expect(mixture / (p ** 3 * (1 - p) ** 7)).to.be.closeTo(100, 2);
  });

  it('lies above what was observed, up to all requests bad', () => {
    expect(upperShare({ bad: 5, total: 5 }, 0.99)).to.be.closeTo(1, 1e-3);
    expect(upperShare({ bad: 4, total: 4_120 }, 0.99)).to.be.within(4 / 4_120, 0.005);
  });

  it('covers the truth at all of 200 looks in at least 99 of 100 runs', () => {
    const random = seeded(5);
    let missed = 0;
    for (let run = 0; run < 500; run++) {
      let [bad, total, covered] = [0, 0, true];
      for (let look = 0; look < 200; look++) {
        bad += poisson(random, 0.4);
        total += 20;
        covered &&= upperShare({ bad: Math.min(bad, total), total }, 0.99) >= 0.02;
      }
      if (!covered) missed++;
    }
    expect(missed).to.be.at.most(5);
  });
});

describe('the band that the truth lies in', () => {
  it('holds what was seen, and narrows as more is', () => {
    for (const [bad, total] of [
      [0, 10],
      [1, 10],
      [10, 10],
      [5, 1_000],
      [500, 1_000],
    ] as const) {
      const [low, high] = [lowerShare({ bad, total }, 0.99), upperShare({ bad, total }, 0.99)];
      expect(low).to.be.within(0, bad / total);
      expect(high).to.be.within(bad / total, 1);
      const more = { bad: bad * 10, total: total * 10 };
      expect(upperShare(more, 0.99) - lowerShare(more, 0.99)).to.be.below(high - low);
    }
  });

  it('is the same seen from the other side', () => {
    expect(lowerShare({ bad: 3, total: 50 }, 0.99)).to.be.closeTo(1 - upperShare({ bad: 47, total: 50 }, 0.99), 1e-12);
    expect(lowerShare({ bad: 0, total: 50 }, 0.99)).to.equal(0);
  });
});
