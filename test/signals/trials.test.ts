import { expect } from 'chai';
import fc from 'fast-check';
import { DEFAULT_SIGNALS } from '../../src/core/default-signals.js';
import type { EnvoySignal } from '../../src/core/plan.js';
import type { Counts } from '../../src/core/verdict.js';
import { addToCountTally } from '../../src/judge/count-signal.js';
import type { CountTally } from '../../src/judge/count-tally.js';
import { drawPoisson } from '../../src/judge/poisson.js';
import { Trials } from '../../src/signals/trials.js';
import { seeded } from '../judge/random.js';

const [ERRORS, UNANSWERED] = DEFAULT_SIGNALS as [EnvoySignal, EnvoySignal];
const ALPHA = 0.01 / DEFAULT_SIGNALS.length;

/** Whether any of these looks fails the signal. */
function fails(signal: EnvoySignal, looks: Iterable<{ readonly canary: Counts; readonly stable: Counts }>): boolean {
  let tally: CountTally | undefined;
  for (const look of looks) {
    const reading = { signal: signal.name, at: 0, query: '', raw: '', measurement: { kind: 'counts', ...look } } as const;
    tally = addToCountTally(signal, tally, reading, ALPHA);
    if (tally.failed) return true;
  }
  return false;
}

describe('trials', () => {
  it('are never fewer than requests in all nor than failures in a look, and no more than both ask for', () => {
    const look = fc.record({ bad: fc.nat(50), sent: fc.nat(50) });
    fc.assert(
      fc.property(fc.array(look), (looks) => {
        const trials = new Trials();
        let [sent, total, most] = [0, 0, 0];
        for (const one of looks) {
          const counts = trials.count('green', one.bad, one.sent);
          sent += one.sent;
          total += counts.total;
          most = Math.max(most + one.bad, sent);
          expect([counts.bad, counts.total >= one.bad, total >= sent, total <= most]).to.deep.equal([one.bad, true, true, true]);
        }
      }),
    );
  });

  it('count when they are sent: fast failures at a fifth of the bound take back no canary whose good answers take a second', () => {
    const random = seeded(13);
    function* opening() {
      const trials = new Trials();
      for (let look = 0; look < 50; look++) {
        const bad = drawPoisson(random, 100 * 0.002);
        yield { canary: trials.count('green', bad, 100), stable: { bad: 0, total: 100 } };
      }
    }
    const reverted = Array.from({ length: 500 }, () => fails(ERRORS, opening())).filter(Boolean).length;
    expect(reverted).to.be.at.most(5);
  });

  it('are no reason to take back a canary of which callers give up 1%, as they do of stable: none of 1,000 hours', function () {
    this.timeout(120_000);
    const random = seeded(7);
    const draw = (): Counts => {
      const total = drawPoisson(random, 25);
      return { bad: Math.min(total, drawPoisson(random, total * 0.01)), total };
    };
    function* hour() {
      for (let look = 0; look < 720; look++) yield { canary: draw(), stable: draw() };
    }
    const reverted = Array.from({ length: 1_000 }, () => fails(UNANSWERED, hour())).filter(Boolean).length;
    expect(reverted).to.equal(0);
  });
});
