import { expect } from 'chai';
import type { Plan, Signal } from '../../src/core/plan.js';
import type { Roles } from '../../src/core/roles.js';
import { rolesOfPlan, timelineOf } from '../../src/core/timeline.js';
import { measureFalseReverts } from '../../src/judge/false-reverts.js';
import { healthyScene, nearnessesOf } from '../../src/judge/healthy-scene.js';
import { unknownOdds } from '../../src/judge/scalar-odds.js';
import { makePlan } from '../support/world.js';
import { seeded } from './random.js';
import { CHECKS, ERRORS, P95, PROBE, SLOW, SLOWER, WORSE } from './readings.js';

function planOf(signals: readonly Signal[]): Plan {
  return makePlan({ signals });
}

function measure(plan: Plan, runs = 60, rps = 50, seed = 7) {
  return measureFalseReverts(plan, rolesOfPlan(plan) as Roles, { rps, runs }, seeded(seed));
}

describe('the odds of a healthy canary', () => {
  it('are tried below each bound and on it, beside an equal stable only where there is a comparison', () => {
    expect(nearnessesOf(planOf([ERRORS, SLOW]))).to.deep.equal([0.1, 0.5, 0.8, 1]);
    expect(nearnessesOf(planOf([ERRORS, WORSE]))).to.deep.equal(['as stable', 0.1, 0.5, 0.8, 1]);
    expect(nearnessesOf(planOf([P95]))).to.deep.equal([]);
  });

  const scenes: readonly [string, readonly Signal[], Parameters<typeof healthyScene>[1], number, number][] = [
    ['on a bound, stable has no bad request', [ERRORS], 1, 0.005, 0],
    ['at half of it', [ERRORS], 0.5, 0.0025, 0],
    ['the tightest of two bounds counts', [ERRORS, { ...ERRORS, name: 'strict', max: 0.001 }], 1, 0.001, 0],
    ['a bound and a margin are both met', [ERRORS, WORSE], 1, 0.005, 0.003],
    ['and both met half way', [ERRORS, WORSE], 0.5, 0.0025, 0.0015],
    ['a margin alone has a stable of the same share', [WORSE], 1, 0.004, 0.002],
    ['as good as stable', [WORSE], 'as stable', 0.002, 0.002],
    ['as good as stable under a bound', [ERRORS, WORSE], 'as stable', 0.003, 0.003],
    ['a margin beyond the bound needs no bad stable', [{ ...ERRORS, max: 0.001 }, WORSE], 1, 0.001, 0],
  ];
  for (const [name, signals, nearness, canary, stable] of scenes)
    it(`${name}`, () => {
      const { streams } = healthyScene(planOf(signals), nearness, 50);
      expect(streams).to.have.length(1);
      expect(streams[0]!.bad.canary).to.be.closeTo(canary, 1e-12);
      expect(streams[0]!.bad.stable).to.be.closeTo(stable, 1e-12);
    });

  it('count what differs in streams of their own', () => {
    const { streams } = healthyScene(planOf([ERRORS, SLOW, WORSE]), 1, 50);
    expect(streams.map(({ signals }) => signals.map(({ name }) => name))).to.deep.equal([['errors', 'worse'], ['slow']]);
  });

  it('are the same for the same random numbers, and told for every signal', () => {
    const plan = planOf([ERRORS, WORSE]);
    expect(measure(plan)).to.deep.equal(measure(plan));
    expect(measure(plan)[4]!.signals.map(({ name }) => name)).to.deep.equal(['errors', 'worse']);
  });

  it('keep the promise of 1% far below the bound', () => {
    for (const { reverted } of measure(planOf([ERRORS, SLOW])).slice(0, 2)) expect(reverted).to.equal(0);
  });

  it('count the few that are taken back on the bound, each by the signal that failed', () => {
    const plan = planOf([ERRORS, SLOW]);
    const { reverted, signals } = measure(plan, 1_500).at(-1)!;
    expect(reverted).to.be.within(1, 15);
    expect(signals.reduce((sum, one) => sum + one.reverted, 0)).to.be.at.least(reverted);
  });

  it('tell how far they have come', () => {
    const plan = planOf([ERRORS]);
    const told: string[] = [];
    const trials = { rps: 50, runs: 5, told: (done: number, of: number) => void told.push(`${done}/${of}`) };
    measureFalseReverts(plan, rolesOfPlan(plan) as Roles, trials, seeded(1));
    expect(told).to.have.length(20);
    expect(told.at(-1)).to.equal('20/20');
  });

  it('leave dry runs out, which take nothing back', () => {
    const dry = [ERRORS, SLOW, P95].map((signal) => ({ ...signal, dryRun: true }));
    expect(nearnessesOf(planOf(dry))).to.deep.equal([]);
    const plan = planOf([...dry, { ...ERRORS, name: 'binding' }]);
    expect(healthyScene(plan, 1, 50).streams.map(({ signals }) => signals.map(({ name }) => name))).to.deep.equal([['binding']]);
    expect(unknownOdds(plan, 'green', timelineOf(plan, rolesOfPlan(plan) as Roles))).to.deep.equal([]);
  });

  it('hold where no request comes and the plan asks for some', () => {
    const plan = { ...planOf([ERRORS]), on: { ...planOf([]).on, noData: 'hold' as const } };
    for (const { held, reverted } of measure(plan, 3, 0.0001)) expect({ held, reverted }).to.deep.equal({ held: 3, reverted: 0 });
  });

  it('are a formula for numbers, where there is a simple one', () => {
    const numbers = { interval: 30_000, failureLimit: 0, errorLimit: 2 };
    const plan = planOf([
      ERRORS,
      P95,
      { ...P95, name: 'strict', failureLimit: 0, interval: 30_000 },
      PROBE,
      CHECKS,
      { ...numbers, name: 'jobs', source: 'graphite', query: 'q', window: 300_000, max: 1 },
      { ...numbers, name: 'queue', source: 'http', url: 'http://h', method: 'GET', timeout: 1_000, json: 'a', max: 1 },
      SLOWER,
    ]);
    const line = timelineOf(plan, rolesOfPlan(plan) as Roles);
    // 10% for a minute, then at once to 100% and a bake of a minute.
    expect(unknownOdds(plan, 'green', line).map(({ name, why }) => `${name} ${why}`)).to.deep.equal([
      'p95 depends on its query: P(Binomial(120, q) > 1), where each reading misses by chance q',
      'strict depends on its query: 1 - (1 - q)^4, where each reading misses by chance q',
      'probe depends on its probe; fails by 2 misses in a row, for which no formula is simple',
      'checks depends on its instances; fails by 2 misses in a row, for which no formula is simple',
      'jobs depends on its query: 1 - (1 - q)^4, where each reading misses by chance q',
      'queue depends on its answers: 1 - (1 - q)^4, where each reading misses by chance q',
      'slower depends on its query; its test promises at most 0.5% while canary is worse in no more than every second measurement',
    ]);
  });
});
