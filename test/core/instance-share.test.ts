import { expect } from 'chai';
import { nearestCounts, perInstance, shareOfCounts } from '../../src/core/instance-share.js';

describe('shares by counts of instances', () => {
  for (const [canary, stable, weight] of [
    [1, 4, 2_000],
    [1, 1, 5_000],
    [1, 2, 3_333],
    [2, 1, 6_667],
    [1, 6, 1_429],
    [3, 3, 5_000],
    [0, 4, 0],
    [4, 0, 10_000],
    [0, 0, 0],
  ] as const)
    it(`${canary} beside ${stable}, round robin, is ${weight / 100}%`, () => {
      expect(shareOfCounts(canary, stable)).to.deep.equal({ canary, stable, weight });
    });

  it('gives only weights that Envoy gets exactly, and never more than further legs leave', () => {
    expect(shareOfCounts(1, 47).weight).to.be.oneOf([208, 210]);
    expect(shareOfCounts(1, 3, 9_000).weight).to.equal(2_250);
  });

  for (const [wanted, stable, canary, left, weight] of [
    // A service with 4 instances at 20%: a single canary, 1 of 5.
    [2_000, 4, 1, 4, 2_000],
    [100, 4, 1, 4, 2_000],
    [3_500, 4, 2, 4, 3_333],
    [4_900, 4, 4, 4, 5_000],
    // A single instance can only be halved, whatever is asked.
    [100, 1, 1, 1, 5_000],
    [5_000, 1, 1, 1, 5_000],
    // Above half: as many canaries as there were of stable, and fewer of stable.
    [8_000, 4, 4, 1, 8_000],
    [6_000, 4, 4, 3, 5_714],
    [6_000, 2, 2, 1, 6_667],
    [9_900, 4, 4, 0, 10_000],
    [8_000, 1, 1, 0, 10_000],
    [2_000, 0, 0, 0, 0],
  ] as const)
    it(`${wanted / 100}% beside ${stable} is nearest to ${canary} of canary and ${left} of stable`, () => {
      expect(nearestCounts(wanted, stable)).to.deep.equal({ canary, stable: left, weight });
    });

  for (const [weight, canary, stable, each] of [
    // 2 of production, one canary, 50% asked: 25% each, and the canary gets all of its 50%.
    [5_000, 1, 2, { canary: 5_000, stable: 2_500 }],
    [2_000, 2, 4, { canary: 1_000, stable: 2_000 }],
    [1_000, 3, 9, { canary: 1_000 / 3, stable: 1_000 }],
    [1_000, 0, 1, { canary: 0, stable: 9_000 }],
  ] as const)
    it(`a weight of ${weight / 100}% divides among ${canary} of canary and ${stable} of stable`, () => {
      expect(perInstance(weight, { canary, stable })).to.deep.equal(each);
    });
});
