import { expect } from 'chai';
import type { Plan, Signal } from '../../src/core/plan.js';
import type { Roles } from '../../src/core/roles.js';
import { rolesOfPlan } from '../../src/core/timeline.js';
import { type Exposure, measureExposure } from '../../src/judge/exposure.js';
import { makePlan } from '../support/world.js';
import { seeded } from './random.js';

const ERRORS: Signal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 };
const PLAN: Plan = {
  ...makePlan(),
  signals: [ERRORS],
  steps: [
    { kind: 'weight', to: 1_000 },
    { kind: 'pause', for: 300_000 },
    { kind: 'weight', to: 5_000 },
    { kind: 'pause', for: 300_000 },
    { kind: 'weight', to: 10_000 },
  ],
  bake: 300_000,
};

function feel(errors: number, change: Partial<Plan> = {}, onset = 0, rps = 50, runs = 100): Exposure {
  const plan = { ...PLAN, ...change };
  return measureExposure(plan, rolesOfPlan(plan) as Roles, { errors, rps, onset }, runs, seeded(7));
}

describe('what users feel of a failing canary', () => {
  it('never takes back a canary without errors', () => {
    expect(feel(0).reverted).to.equal(0);
  });

  it('hardly ever takes back a canary within its bound', () => {
    expect(feel(0.002, {}, 0, 50, 200).reverted).to.be.at.most(4);
  });

  it('takes a broken canary back at its first weight, every time, after a handful of failures', () => {
    const felt = feel(1);
    expect(felt).to.include({ runs: 100, reverted: 100, weightMedian: 1_000 });
    expect(felt.failedMedian).to.be.within(1, 15);
    expect(felt.secondsMedian).to.equal(1);
  });

  it('never catches more errors later in the median', () => {
    const medians = [0.01, 0.02, 0.05, 0.1, 0.3, 1].map((errors) => feel(errors).secondsMedian ?? Number.POSITIVE_INFINITY);
    for (const [i, median] of medians.entries()) if (i > 0) expect(median).to.be.at.most(medians[i - 1]!);
  });

  it('counts from the onset, at the weight of then', () => {
    const felt = feel(0.1, {}, 400_000);
    expect(felt).to.include({ reverted: 100, weightMedian: 5_000 });
    expect(felt.secondsP95).to.be.at.most(60);
  });

  it('expects of an unwatched canary its share of failures, to the end of the course', () => {
    // 2 % of 50 a second: 10 % for 5 minutes, 50 % for 5 minutes, all for the bake of 5 minutes.
    const felt = feel(0.02);
    expect(felt.unwatched).to.equal(480);
    expect(felt.unwatchedPerMinute).to.be.closeTo(60, 1e-9);
  });

  it('catches nothing without a signal that counts errors', () => {
    for (const signals of [[], [{ ...ERRORS, metric: 'latency', over: 500 } as Signal]]) {
      expect(feel(1, { signals })).to.deep.include({ reverted: 0, failedMedian: null, secondsMedian: null, weightMedian: null });
    }
  });

  it('catches nothing once the course has ended', () => {
    expect(feel(1, {}, 3_600_000)).to.include({ reverted: 0, unwatched: 0 });
  });

  it('ends where no request arrives to judge by', () => {
    const felt = feel(0.02, { on: { ...PLAN.on, noData: 'hold' } }, 0, 0.001, 3);
    expect(felt.reverted).to.equal(0);
  });

  it('lets the programs of a plan run well, as nothing fails but canary', () => {
    const program = { kind: 'command', command: ['./x'], timeout: 60_000 } as const;
    const hooks = {
      before_start: program,
      before_step: program,
      after_step: program,
      before_promote: program,
      after_promote: program,
      after_revert: program,
    };
    const steps: Plan['steps'] = [
      ...PLAN.steps.slice(0, 4),
      { kind: 'run', program, onFailure: 'revert' },
      ...PLAN.steps.slice(4),
    ];
    for (const errors of [0.02, 0]) expect(feel(errors, { hooks, steps }, 0, 50, 10)).to.deep.equal(feel(errors, {}, 0, 50, 10));
  });

  it('ends an analysis early, as a driver would', () => {
    const analyse = { kind: 'analyse', for: 3_600_000, minRequests: 1_000 } as const;
    const steps = (early: boolean): Plan['steps'] => [PLAN.steps[0]!, { ...analyse, early }, ...PLAN.steps.slice(2)];
    expect(feel(0.1, { steps: steps(false) }, 1_800_000, 50, 20)).to.include({ reverted: 20, weightMedian: 1_000 });
    expect(feel(0.1, { steps: steps(true), bake: 3_600_000 }, 1_800_000, 50, 20)).to.include({
      reverted: 20,
      weightMedian: 10_000,
    });
  });

  it('takes nothing back by a dry run', () => {
    expect(feel(1, { signals: [{ ...ERRORS, dryRun: true }] }, 0, 50, 3)).to.include({ reverted: 0, failedMedian: null });
  });

  it('gives the same for the same random numbers', () => {
    expect(feel(0.02)).to.deep.equal(feel(0.02));
  });
});
