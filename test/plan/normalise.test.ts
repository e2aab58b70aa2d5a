import { expect } from 'chai';
import fc from 'fast-check';
import { expandSteps } from '../../src/plan/normalise.js';

describe('expandSteps', () => {
  const ramp = { ramp: { to: 50, by: '20%', every: '2m' } };
  const pause = { kind: 'pause', for: 120_000 };
  const weight = (percent: number) => ({ kind: 'weight', to: percent * 100 });

  it('ramps from the weight before it and ends exactly at its target, without a pause after the last step', () => {
    expect(expandSteps([{ weight: 5 }, ramp])).to.deep.equal([weight(5), weight(25), pause, weight(45), pause, weight(50)]);
  });

  it('keeps a pause before a next step that would move on at once', () => {
    expect(expandSteps([ramp, { weight: 100 }]).slice(-2)).to.deep.equal([pause, weight(100)]);
    expect(expandSteps([ramp, { wait: { healthy: 1, deadline: '5m' } }]).slice(-2)[0]).to.deep.equal(pause);
  });

  it('adds no pause before a pause or an analysis, which say themselves how long to stay', () => {
    expect(expandSteps([ramp, { pause: {} }]).slice(-2)).to.deep.equal([weight(50), { kind: 'pause' }]);
    expect(expandSteps([ramp, { analyse: { for: '1m', early: true, min_requests: 5 } }]).slice(-2)[0]).to.deep.equal(weight(50));
  });

  it('rises by the same amount each time, at most, and in all by the way from one weight to the other', () => {
    const points = fc.uniqueArray(fc.integer({ min: 0, max: 10_000 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(points, fc.integer({ min: 10, max: 10_000 }), (ends, by) => {
        const [from, to] = [Math.min(...ends), Math.max(...ends)];
        const steps = expandSteps([{ weight: from / 100 }, { ramp: { to: to / 100, by: by / 100, every: '1s' } }]);
        const weights = steps.flatMap((step) => (step.kind === 'weight' ? [step.to] : []));
        const rises = weights.slice(1).map((w, i) => w - weights[i]!);
        expect(rises.reduce((sum, rise) => sum + rise, 0)).to.equal(to - from);
        expect(rises.slice(0, -1).every((rise) => rise === by)).to.equal(true);
        expect(rises.every((rise) => rise > 0 && rise <= by)).to.equal(true);
        expect(steps.filter((step) => step.kind === 'pause')).to.have.length(rises.length - 1);
      }),
    );
  });
});
