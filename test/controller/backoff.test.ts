import { expect } from 'chai';
import { Backoff } from '../../src/controller/backoff.js';

describe('backing off', () => {
  it('waits between 0 and the most, longer on the whole with each try, and begins anew after a success', () => {
    const means = [0, 0, 0, 0, 0, 0, 0, 0];
    for (let run = 0; run < 500; run++) {
      const backoff = new Backoff(100, 2_000);
      for (const i of means.keys()) {
        const wait = backoff.next();
        expect(wait).to.be.within(0, 2_000);
        means[i]! += wait / 500;
      }
      backoff.reset();
      expect(backoff.next()).to.be.at.most(500);
    }
    expect(means[6]).to.be.greaterThan(4 * means[0]!);
  });

  it('differs from one to the next, so that many do not come back at once', () => {
    const third = (): number => {
      const backoff = new Backoff(100, 2_000);
      backoff.next();
      backoff.next();
      return backoff.next();
    };
    expect(new Set(Array.from({ length: 50 }, third)).size).to.be.greaterThan(25);
  });
});
