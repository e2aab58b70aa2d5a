import { expect } from 'chai';
import fc from 'fast-check';
import type { PrometheusSignal } from '../../src/core/plan.js';
import type { Measurement } from '../../src/core/verdict.js';
import { findingOf } from '../../src/judge/judge.js';
import { decodeTally, encodeTally, startStep } from '../../src/judge/tally.js';
import { seeded } from './random.js';
import { CONTEXT, judgeAll, SLOWER } from './readings.js';

const pair = (canary: number, stable: number): Measurement => ({ kind: 'pair', canary, stable });
const times = (count: number, measurement: Measurement): Measurement[] => Array.from({ length: count }, () => measurement);
const NONE: Measurement = { kind: 'none', why: 'stable: no series' };
const ERROR: Measurement = { kind: 'error', why: 'HTTP 503' };

/** A number of a distribution without mean and variance. */
const cauchy = (random: () => number): number => Math.tan(Math.PI * (random() - 0.5));
const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** How many of so many rollouts fail within so many looks. */
function failures(signal: PrometheusSignal, rollouts: number, looks: number, draw: () => Measurement): number {
  let failed = 0;
  for (let i = 0; i < rollouts; i++) {
    let { tally, finding } = judgeAll(signal, [draw()]);
    for (let look = 1; look < looks && finding.verdict !== 'Failed'; look++)
      ({ tally, finding } = judgeAll(signal, [draw()], tally));
    if (finding.verdict === 'Failed') failed++;
  }
  return failed;
}

describe('comparing samples with stable', () => {
  it('fails a canary that is worse time after time, in plain words, and not before nine measurements', () => {
    expect(judgeAll(SLOWER, times(8, pair(0.5, 0.3))).finding.verdict).to.equal('Inconclusive');
    const { finding } = judgeAll(SLOWER, times(9, pair(0.5, 0.3)));
    expect(finding).to.include({ verdict: 'Failed', value: '0.5', bound: '<= stable', samples: 9, failed: 9, query: 'query' });
    expect(finding.message).to.match(
      /^canary was higher than stable in 9 of 9 measurements \(now 0\.5, stable 0\.3\) \(evidence 1\d\d of the 100 needed\)$/,
    );
  });

  const margin = (worse: 'higher' | 'lower'): PrometheusSignal => ({ ...SLOWER, compare: { margin: 2, worse } });
  const cases: [string, PrometheusSignal, Measurement[], string, RegExp][] = [
    ['nothing yet', SLOWER, [NONE], 'Inconclusive', /^no data: stable: no series$/],
    [
      'one measurement',
      SLOWER,
      [pair(1, 1.1)],
      'Successful',
      /^canary was higher than stable in none of 1 measurement \(now 1, /,
    ],
    ['two worse ones', SLOWER, times(2, pair(2, 1)), 'Inconclusive', /in 2 of 2 measurements.*; worse than allowed just now/],
    ['a good one after them', SLOWER, [...times(2, pair(2, 1)), pair(1, 2)], 'Successful', /in 2 of 3 measurements/],
    [
      'three worse ones',
      SLOWER,
      times(3, pair(2, 1)),
      'Inconclusive',
      /; this points to harm \(evidence [\d.]+ of the 100 needed\)$/,
    ],
    ['ties', SLOWER, times(50, pair(7, 7)), 'Successful', /^canary was neither better nor worse than allowed in 50 measurements/],
    [
      'a tie and others',
      SLOWER,
      [pair(7, 7), pair(1, 2)],
      'Successful',
      /in none of 1 measurement, and level in 1 more \(now 1, sta/,
    ],
    ['numbers equal but for rounding', SLOWER, times(50, pair(0.1 + 0.2, 0.3)), 'Successful', /neither better nor worse/],
    ['canary at the margin exactly', margin('higher'), times(50, pair(7, 5)), 'Successful', /neither better nor worse/],
    [
      'canary above the margin',
      margin('higher'),
      times(9, pair(8, 5)),
      'Failed',
      /^canary was higher than stable by more than 2 in 9 of 9/,
    ],
    ['canary below the margin', margin('higher'), times(50, pair(6, 5)), 'Successful', /in none of 50 measurements/],
    ['lower is worse', margin('lower'), times(9, pair(5, 8)), 'Failed', /^canary was lower than stable by more than 2 in 9 of 9/],
    [
      'lower is worse, and it is higher',
      margin('lower'),
      times(50, pair(50, 8)),
      'Successful',
      /^canary was lower than stable by/,
    ],
    ['a gap', SLOWER, [pair(1, 2), NONE], 'Inconclusive', /^no data: stable: no series$/],
    [
      'a gap that is forgiven',
      { ...SLOWER, inconclusiveLimit: 1 },
      [pair(1, 2), NONE],
      'Successful',
      /; no data, 1 time in a row \(1 m/,
    ],
    [
      'a gap too many',
      { ...SLOWER, inconclusiveLimit: 1 },
      [pair(1, 2), NONE, NONE],
      'Inconclusive',
      /^no data, 2 times in a row \(1/,
    ],
    [
      'infinity',
      SLOWER,
      [pair(Number.POSITIVE_INFINITY, 1)],
      'Inconclusive',
      /the answers are Infinity and 1 on stable, which cannot be/,
    ],
    [
      'errors within the limit',
      SLOWER,
      [pair(1, 2), ERROR, ERROR],
      'Inconclusive',
      /^could not be measured, 2 times in a row \(2 may/,
    ],
    [
      'an error too many',
      SLOWER,
      [pair(1, 2), ERROR, ERROR, ERROR],
      'Error',
      /^could not be measured, 3 times in a row \(2 may be\)/,
    ],
    ['a single number by mistake', SLOWER, [{ kind: 'scalar', value: 1 }], 'Inconclusive', /no pair of numbers came/],
    [
      'worse ones with gaps between',
      SLOWER,
      [NONE, ...times(5, pair(2, 1)), ERROR, NONE, ...times(4, pair(2, 1))],
      'Failed',
      /9 of 9/,
    ],
    ['failed for good', SLOWER, [...times(9, pair(2, 1)), ...times(50, pair(1, 2)), ERROR], 'Failed', /in 9 of 9 measurements/],
  ];
  for (const [name, signal, measurements, verdict, message] of cases) {
    it(`says ${verdict} to ${name}`, () => {
      const { finding } = judgeAll(signal, measurements);
      expect(finding.verdict).to.equal(verdict);
      expect(finding.message).to.match(message);
    });
  }

  it('counts no sample where data are missing, or in a step without any', () => {
    const { tally } = judgeAll(SLOWER, [pair(1, 2), pair(1, 2)]);
    expect(judgeAll(SLOWER, [NONE], tally).finding.samples).to.equal(0);
    const { s } = startStep({ s: tally });
    expect(findingOf(SLOWER, s, CONTEXT)).to.include({ verdict: 'Inconclusive', samples: 0 });
    expect(findingOf(SLOWER, s, CONTEXT).message).to.match(/^not measured in this step yet \(before it: canary was higher/);
    expect(judgeAll(SLOWER, [pair(1, 2)], s).finding).to.include({ verdict: 'Successful', samples: 3 });
  });

  it('tells a late regression by its own stretch', () => {
    const health = Array.from({ length: 60 }, (_, i) => pair(i % 2, 0.5));
    const { finding } = judgeAll(SLOWER, [...health, ...times(25, pair(2, 1))]);
    expect(finding.verdict).to.equal('Failed');
    expect(finding.message).to.match(/^canary was higher than stable in 1\d of the last 1\d measurements \(now 2, stable 1\)/);
  });

  it('starts anew when the plan turns a threshold into a comparison', () => {
    const scalar = judgeAll({ ...SLOWER, compare: undefined, max: 1 } as unknown as PrometheusSignal, [
      { kind: 'scalar', value: 9 },
    ]);
    expect(findingOf(SLOWER, scalar.tally, CONTEXT)).to.include({ message: 'no data yet', bound: '<= stable' });
    expect(judgeAll(SLOWER, [pair(1, 2)], scalar.tally).finding).to.include({ verdict: 'Successful', samples: 1 });
  });

  const looks = fc.array(
    fc.oneof(
      fc.constant(NONE),
      fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => pair(a, b)),
    ),
    { maxLength: 40 },
  );

  it('decides the same after being written and read at any moment, in little room', () => {
    fc.assert(
      fc.property(looks, looks, (before, after) => {
        const kept = judgeAll(SLOWER, [...before, pair(Math.PI * 1e4, Math.PI * 1e4)]).tally;
        const text = encodeTally({ s: kept });
        expect(text.length).to.be.below(120);
        const read = decodeTally(text).s;
        const [straight, resumed] = [kept, read].map((from) => judgeAll(SLOWER, [...after, pair(1, 1)], from).finding);
        const { message: _, ...words } = straight!;
        expect(resumed).to.deep.include(words);
      }),
      { numRuns: 200 },
    );
  });

  it('does not depend on the unit: any scale of the numbers gives the same verdicts', () => {
    const scaled = (by: number) => (one: Measurement) => (one.kind === 'pair' ? pair(one.canary * by, one.stable * by) : one);
    fc.assert(
      fc.property(looks, fc.constantFrom(1e-9, 0.25, 1e12), (measurements, by) => {
        const all = [pair(1, 1), ...measurements];
        expect(judgeAll(SLOWER, all.map(scaled(by))).finding.verdict).to.equal(judgeAll(SLOWER, all).finding.verdict);
      }),
      { numRuns: 200 },
    );
  });
});

describe('the odds of a comparison, simulated', function () {
  this.timeout(60_000);

  const alike: [string, (random: () => number) => Measurement][] = [
    ['normal', (random) => pair(normal(random), normal(random))],
    ['heavy-tailed', (random) => pair(cauchy(random), cauchy(random))],
    ['few-valued', (random) => pair(Math.floor(random() * 3), Math.floor(random() * 3))],
    [
      'drifting together',
      (() => {
        let level = 0;
        return (random: () => number): Measurement => {
          level += normal(random);
          return pair(level + normal(random), level + normal(random));
        };
      })(),
    ],
  ];
  for (const [name, draw] of alike) {
    it(`reverts at most 1% of canaries that are like stable, over 300 looks: ${name}`, () => {
      const random = seeded(5);
      // Of 500 at 1% there are more than 11 with a chance of 0.5%; the seed is fixed, so this is no game.
      expect(failures(SLOWER, 500, 300, () => draw(random))).to.be.at.most(11);
    });
  }

  it('never reverts for equal constants', () => {
    expect(failures(SLOWER, 1, 5_000, () => pair(0.3, 0.3))).to.equal(0);
  });

  it('reverts at most 1% of canaries that are worse by exactly the margin', () => {
    const random = seeded(6);
    const signal: PrometheusSignal = { ...SLOWER, compare: { margin: 1, worse: 'higher' } };
    expect(failures(signal, 300, 300, () => pair(normal(random) + 1, normal(random)))).to.be.at.most(8);
  });

  for (const [name, shift, within] of [
    ['two standard deviations', 2, 30],
    ['one standard deviation', 1, 100],
  ] as const) {
    it(`finds a shift of ${name} in nearly all rollouts within ${within} measurements`, () => {
      const random = seeded(7);
      expect(failures(SLOWER, 200, within, () => pair(normal(random) + shift, normal(random)))).to.be.at.least(170);
    });
  }

  it('finds a shift of heavy-tailed numbers as well', () => {
    const random = seeded(8);
    expect(failures(SLOWER, 200, 60, () => pair(cauchy(random) + 5, cauchy(random)))).to.be.at.least(170);
  });
});
