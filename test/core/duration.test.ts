import { expect } from 'chai';
import fc from 'fast-check';
import { exactDuration, parseDuration } from '../../src/core/duration.js';

describe('exactDuration', () => {
  it('is read back to the millisecond', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 366 * 86_400_000 }), (ms) => parseDuration(exactDuration(ms)) === ms));
  });

  it('uses the largest units', () => {
    expect([0, 500, 90_000, 5_400_000, 86_400_500].map(exactDuration)).to.deep.equal([
      '0s',
      '500ms',
      '1m30s',
      '1h30m',
      '1d500ms',
    ]);
  });
});
