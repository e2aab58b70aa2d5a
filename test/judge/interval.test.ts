import { expect } from 'chai';
import { wilsonInterval } from '../../src/judge/interval.js';

describe('the Wilson interval', () => {
  const table: readonly [number, number, number, number][] = [
    [0, 1_000, 0, 0.0038],
    [4, 1_000, 0.0016, 0.0102],
    [500, 1_000, 0.4691, 0.5309],
    [10, 10, 0.7225, 1],
  ];
  for (const [hits, runs, low, high] of table)
    it(`of ${hits} in ${runs}`, () => {
      expect(wilsonInterval(hits, runs).low).to.be.closeTo(low, 1e-4);
      expect(wilsonInterval(hits, runs).high).to.be.closeTo(high, 1e-4);
    });

  it('knows nothing without runs', () => {
    expect(wilsonInterval(0, 0)).to.deep.equal({ low: 0, high: 1 });
  });
});
