import { expect } from 'chai';
import { coverageOf } from '../../src/core/coverage.js';
import { checkCoverage, sayUnread } from '../../src/core/instance-metrics.js';

const both = { found: 4, read: 4 };

describe('what is said of metrics that cannot be read', () => {
  it('doctor tells whether instances show theirs, and how much callers count', () => {
    const half = coverageOf({ total: 100, unseen: 52, counted: 48 }, { found: 2, read: 2 });
    expect(checkCoverage('payments', both, { blue: { ...half, share: 1 }, green: half })).to.deep.equal({
      name: 'coverage',
      verdict: 'ok',
      message: "4 of 4 instances' sidecars show their metrics; callers count 100% of blue's requests, 48% of green's requests",
    });
    expect(checkCoverage('payments', { found: 4, read: 1 }, {})).to.include({
      verdict: 'warning',
      message: "1 of 4 instances' sidecars show their metrics: what no readable caller sends to the others is not seen",
    });
    // Where nobody runs, other checks say so.
    expect(checkCoverage('payments', { found: 0, read: 0 }, {}).verdict).to.equal('ok');
  });

  it('a ramp tells what it will not see, or only from the other side', () => {
    const callers = { found: 2, read: 1 };
    expect(sayUnread('payments', { found: 2, read: 2 }, both)).to.equal(undefined);
    expect(sayUnread('payments', callers, both)).to.equal(
      '1 of 2 callers of payments cannot be read: what they send is judged by what the instances answer',
    );
    expect(sayUnread('payments', callers, { found: 4, read: 1 })).to.match(/by what 1 of 4 instances answer$/);
    expect(sayUnread('payments', undefined, { found: 4, read: 0 })).to.equal(
      'no caller of payments can be read, nor any of its instances: what they send is not seen',
    );
  });
});
