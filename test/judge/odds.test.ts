import { expect } from 'chai';
import type { EnvoySignal } from '../../src/core/plan.js';
import { judge } from '../../src/judge/judge.js';
import type { SignalTally } from '../../src/judge/tally.js';
import { poisson, seeded } from './random.js';
import { CONTEXT, ERRORS, WORSE } from './readings.js';

interface Rates {
  readonly canary: number;
  readonly stable: number;
}

/** One rollout looked at once a second: failed canary requests after the health, up to the revert; undefined when it was not reverted. */
function run(
  signal: EnvoySignal,
  random: () => number,
  looks: number,
  rps: number,
  rates: Rates,
  health: number,
): number | undefined {
  let tally: SignalTally | undefined;
  let failed = 0;
  for (let second = -health; second < looks; second++) {
    const now = second < 0 ? { canary: 0.003, stable: 0.003 } : rates;
    const sides = [now.canary, now.stable].map((rate) => {
      const bad = poisson(random, rps * rate);
      return { bad, total: bad + poisson(random, rps * (1 - rate)) };
    });
    if (second >= 0) failed += sides[0]!.bad;
    const next = judge(
      signal,
      tally,
      {
        signal: signal.name,
        at: second * 1_000,
        query: '',
        raw: '',
        measurement: { kind: 'counts', canary: sides[0]!, stable: sides[1]! },
      },
      CONTEXT,
    );
    tally = next.tally;
    if (next.finding.verdict === 'Failed') return failed;
  }
  return undefined;
}

function runs(count: number, one: () => number | undefined): readonly (number | undefined)[] {
  return Array.from({ length: count }, one);
}

function median(results: readonly (number | undefined)[]): number {
  return results.map((failed) => failed ?? Number.POSITIVE_INFINITY).sort((a, b) => a - b)[Math.floor(results.length / 2)]!;
}

describe('the odds of the judge, simulated', function () {
  this.timeout(60_000);

  for (const rps of [1, 10, 100]) {
    it(`reverts a canary exactly on the bound at most once in a hundred hours at a rate of ${rps} a second`, () => {
      const random = seeded(rps);
      const reverted = runs(100, () => run(ERRORS, random, 3_600, rps, { canary: 0.005, stable: 0.001 }, 0)).filter(
        (failed) => failed !== undefined,
      );
      expect(reverted.length).to.be.at.most(1);
    });
  }

  it('reverts a canary that is worse by exactly the margin at most once in a hundred', () => {
    const random = seeded(11);
    const reverted = runs(100, () => run(WORSE, random, 1_800, 20, { canary: 0.005, stable: 0.003 }, 0)).filter(
      (failed) => failed !== undefined,
    );
    expect(reverted.length).to.be.at.most(1);
  });

  it('needs at most 8 failed requests at 5% errors and ten requests a second', () => {
    const random = seeded(12);
    expect(median(runs(200, () => run(ERRORS, random, 3_600, 10, { canary: 0.05, stable: 0.001 }, 0)))).to.be.at.most(8);
  });

  it('needs at most 12 of them after an hour of health', () => {
    const random = seeded(13);
    expect(median(runs(100, () => run(ERRORS, random, 3_600, 10, { canary: 0.05, stable: 0.001 }, 3_600)))).to.be.at.most(12);
  });

  it('leaves canary alone in most outages that hit stable as well', () => {
    const random = seeded(14);
    const reverted = runs(100, () => run(ERRORS, random, 300, 20, { canary: 0.05, stable: 0.05 }, 600)).filter(
      (failed) => failed !== undefined,
    );
    expect(reverted.length).to.be.at.most(15);
  });
});
