import { expect } from 'chai';
import { type Reduction, reduceNumbers } from '../../src/core/reduce.js';

describe('reduceNumbers', () => {
  const cases: readonly [Reduction, readonly number[], number][] = [
    ['max', [3, -1, 10], 10],
    ['min', [3, -1, 10], -1],
    ['sum', [3, -1, 10], 12],
    ['mean', [3, -1, 10], 4],
    ['median', [3, -1, 10], 3],
    ['median', [10, 4, 1, 2], 3],
    ['max', [Number.NaN, 2], 2],
    ['mean', [Number.NaN, 2, 4], 3],
    ['max', [Number.POSITIVE_INFINITY, 2], Number.POSITIVE_INFINITY],
    ['min', [Number.POSITIVE_INFINITY, 2], 2],
    ['sum', [], Number.NaN],
    ['median', [Number.NaN], Number.NaN],
  ];
  for (const [how, numbers, result] of cases) {
    it(`makes ${result} of the ${how} of [${numbers.join(', ')}]`, () => {
      expect(reduceNumbers(how, numbers)).to.deep.equal(result);
    });
  }
});
