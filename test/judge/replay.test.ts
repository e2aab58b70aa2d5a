import { expect } from 'chai';
import type { Signal } from '../../src/core/plan.js';
import type { Measurement, Reading } from '../../src/core/verdict.js';
import { alphaShare, judge } from '../../src/judge/judge.js';
import { replay } from '../../src/judge/replay.js';
import type { SignalTally } from '../../src/judge/tally.js';
import { makePlan, NOON } from '../support/world.js';
import { counts, ERRORS, P95, SLOW, SLOWER } from './readings.js';

function sides(bad: number, total: number, stableBad = 0, stableTotal = 200): Measurement {
  return { kind: 'counts', canary: counts(bad, total), stable: counts(stableBad, stableTotal) };
}

function readings(name: string, measurements: readonly Measurement[], from = NOON): readonly Reading[] {
  return measurements.map((measurement, i) => ({ signal: name, at: from + i * 15_000, query: 'q', raw: '', measurement }));
}

function replayOf(signals: readonly Signal[], past: readonly Reading[]) {
  return replay(makePlan({ signals }), past);
}

const WELL = Array.from({ length: 20 }, () => sides(0, 100));
const BROKEN = Array.from({ length: 10 }, () => sides(10, 100));

describe('a replay of the past', () => {
  it('finds nothing where all was well', () => {
    const { first, signals } = replayOf([ERRORS], readings('errors', WELL));
    expect(first).to.equal(undefined);
    expect(signals[0]).to.include({ failure: undefined, bad: 0, total: 2_000 });
    expect(signals[0]!.end.verdict).to.equal('Successful');
  });

  it('finds the first look that fails, with the numbers of then', () => {
    const { first, signals } = replayOf([ERRORS], readings('errors', [...WELL, ...BROKEN]));
    const [one] = signals;
    expect(first).to.equal(one);
    expect(one!.failure!.at).to.equal(NOON + 20 * 15_000);
    expect(one).to.include({ bad: 10, total: 2_100 });
    expect(one!.failure!.message).to.match(/the bound is 0\.5% \(evidence .* of the 100 needed\)/);
    expect(one!.looks).to.have.length(30);
    expect(one!.looks[19]!.nearness).to.be.below(0.2);
    expect(one!.looks[20]).to.include({ value: 0.1, nearness: 1 });
    expect(one!.end.verdict).to.equal('Failed');
  });

  it('says at every look what the judge says', () => {
    const past = readings('errors', [...WELL, sides(2, 100), sides(1, 100), sides(0, 0, 0, 0), ...BROKEN]);
    const plan = makePlan({ signals: [ERRORS, SLOW] });
    let tally: SignalTally | undefined;
    const alpha = alphaShare(ERRORS, plan.signals);
    for (const [i, reading] of past.entries()) {
      const judged = judge(ERRORS, tally, reading, { alpha, at: reading.at });
      tally = judged.tally;
      expect(replay(plan, past.slice(0, i + 1)).signals[0]!.end).to.deep.equal(judged.finding);
    }
    expect(tally!.failed).to.equal(true);
  });

  it('feeds readings in the order of their times', () => {
    const past = readings('errors', [...WELL, ...BROKEN]);
    expect(replayOf([ERRORS], [...past].reverse())).to.deep.equal(replayOf([ERRORS], past));
  });

  it('shares the chance of a mistake as a rollout would: the same failures weigh less beside other signals', () => {
    const past = readings('errors', [...WELL, ...Array.from({ length: 60 }, () => sides(2, 100))]);
    const alone = replayOf([ERRORS], past).first!.failure!.at;
    const beside = replayOf([ERRORS, SLOW, { ...SLOW, name: 's2' }, { ...SLOW, name: 's3' }], past).first!.failure!.at;
    expect(beside).to.be.above(alone);
  });

  it('names the signal that was first', () => {
    const past = [
      ...readings('errors', BROKEN, NOON + 60_000),
      ...readings(
        'p95',
        [0.9, 0.1, 0.9].map((value) => ({ kind: 'scalar', value })),
      ),
    ];
    const { first, signals } = replayOf([ERRORS, P95], past);
    expect(first!.signal.name).to.equal('p95');
    expect(first).to.include({ bad: 2, total: 3 });
    expect(first!.looks.map(({ nearness }) => nearness)).to.deep.equal([0.5, 0.5, 1]);
    expect(signals.map(({ failure }) => failure !== undefined)).to.deep.equal([true, true]);
  });

  it('takes nothing back by a dry run, and says what it would have said', () => {
    const { first, signals } = replayOf([{ ...ERRORS, dryRun: true }], readings('errors', [...WELL, ...BROKEN]));
    expect(first).to.equal(undefined);
    expect(signals[0]!.failure).to.include({ verdict: 'Failed', dryRun: true });
  });

  it('follows a comparison by its evidence', () => {
    const pair = (canary: number): Measurement => ({ kind: 'pair', canary, stable: 1 });
    const { first } = replayOf([SLOWER], readings('slower', [pair(1), ...Array.from({ length: 12 }, () => pair(2))]));
    expect(first).to.include({ bad: 9, total: 10 });
    expect(first!.failure!.at).to.equal(NOON + 9 * 15_000);
    const nearness = first!.looks.map((look) => look.nearness);
    expect(nearness.slice(0, 2)).to.deep.equal([0, nearness[1]]);
    expect(nearness.slice(9)).to.deep.equal([1, 1, 1, 1]);
    for (const [i, one] of nearness.entries()) if (i > 0) expect(one).to.be.at.least(nearness[i - 1]!);
    expect(first!.looks[1]!.value).to.equal(2);
  });

  it('takes no data for no failure and for no pass', () => {
    const { signals, first } = replayOf([ERRORS, P95], readings('errors', [{ kind: 'none', why: 'no series' }]));
    expect(first).to.equal(undefined);
    expect(signals.map(({ end }) => end.verdict)).to.deep.equal(['Inconclusive', 'Inconclusive']);
    expect(signals[0]!.looks[0]!.value).to.equal(null);
  });

  it('blames nobody for an outage of both sides', () => {
    const outage = Array.from({ length: 20 }, () => sides(10, 100, 20, 200));
    expect(replayOf([ERRORS], readings('errors', [...WELL, ...outage])).first).to.equal(undefined);
  });
});
