import { expect } from 'chai';
import fc from 'fast-check';
import { compareShares } from '../../src/core/agreement.js';
import { formatDuration, parseDuration } from '../../src/core/duration.js';
import { decodeLegs, encodeLegs, formatLegs, sameShares, splitLegs, weightOf } from '../../src/core/legs.js';
import { rampSteps } from '../../src/core/ramp.js';
import { compareVersions, versionFilter } from '../../src/core/versions.js';
import {
  envoyWeight,
  formatPercent,
  fromConsulWeight,
  nearestExact,
  parsePercent,
  toConsulWeight,
} from '../../src/core/weights.js';

const points = fc.integer({ min: 0, max: 10_000 });

describe('weights', () => {
  for (const [text, expected] of [
    ['50', 5000],
    ['12.5%', 1250],
    ['0.01', 1],
    ['100%', 10_000],
    ['0', 0],
    [' 7 % ', 700],
    ['2.10', 210],
  ] as const) {
    it(`reads ${text} as ${expected} basis points`, () => expect(parsePercent(text)).to.equal(expected));
  }
  for (const text of ['101', '-1', '0.001', 'ten', '', '1e1', '50%%', 'NaN', '100.01']) {
    it(`refuses ${JSON.stringify(text)} as a percentage`, () => expect(parsePercent(text)).to.equal(undefined));
  }
  it('comes back from text and from Consul as it was', () => {
    fc.assert(fc.property(points, (p) => parsePercent(formatPercent(p)) === p && fromConsulWeight(toConsulWeight(p)) === p));
  });
  it('knows what Envoy gets: 2.1% is cut to 209, 66.7% to 6669, integers and halves are exact', () => {
    expect([210, 6670, 1000, 1250].map(envoyWeight)).to.deep.equal([209, 6669, 1000, 1250]);
    expect(Array.from({ length: 201 }, (_, i) => i * 50).every((p) => envoyWeight(p) === p)).to.equal(true);
    expect(Array.from({ length: 10_001 }, (_, p) => p).filter((p) => envoyWeight(p) !== p)).to.have.length(569);
  });
  it('names exact weights nearby that are exact', () => {
    fc.assert(fc.property(points, (p) => nearestExact(p).length > 0 && nearestExact(p).every((q) => envoyWeight(q) === q)));
  });
});

describe('legs', () => {
  it('always sum to 10000, whatever is asked for', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -500, max: 12_000 }),
        fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 3 }),
        (canary, extra) => {
          const legs = splitLegs(
            'blue',
            'green',
            canary,
            extra.map((weight, i) => ({ subset: `leg${i}`, weight })),
          );
          return (
            legs.reduce((sum, leg) => sum + leg.weight, 0) === 10_000 &&
            legs.every((leg) => leg.weight >= 0 && Number.isInteger(leg.weight))
          );
        },
      ),
    );
  });
  it('come back from Meta as they were', () => {
    const legs = splitLegs('blue', 'green', 1250, [{ subset: 'dark', weight: 0 }]);
    expect(decodeLegs(encodeLegs(legs))).to.deep.equal(legs);
    expect(decodeLegs('blue=ten')).to.equal(undefined);
  });
  it('are the same shares in any order, with zero legs or legs that share a subset', () => {
    expect(
      sameShares(
        [{ subset: 'a', weight: 10_000 }],
        [
          { subset: 'b', weight: 0 },
          { subset: 'a', weight: 4_000 },
          { subset: 'a', weight: 6_000 },
        ],
      ),
    ).to.equal(true);
    expect(sameShares([{ subset: 'a', weight: 10_000 }], [{ subset: 'a', weight: 10_000, service: 'other' }])).to.equal(false);
  });
  it('tell the weight of a subset, and read well', () => {
    const legs = splitLegs('blue', 'green', 1250, []);
    expect([weightOf(legs, 'green'), weightOf(legs, 'none'), formatLegs(legs)]).to.deep.equal([
      1250,
      0,
      'blue 87.5%, green 12.5%',
    ]);
  });
});

describe('a ramp', () => {
  it('goes straight to its target without --by', () =>
    expect(rampSteps(0, 5_000, undefined, undefined)).to.deep.equal([{ kind: 'weight', to: 5_000 }]));
  it('goes by steps with a pause after each but the last', () => {
    expect(rampSteps(1_000, 4_500, 2_000, 60_000)).to.deep.equal([
      { kind: 'weight', to: 3_000 },
      { kind: 'pause', for: 60_000 },
      { kind: 'weight', to: 4_500 },
    ]);
  });
  it('goes down as well', () =>
    expect(rampSteps(5_000, 0, 3_000, undefined).map((s) => s.kind === 'weight' && s.to)).to.deep.equal([2_000, 0]));
  it('ends exactly at its target from anywhere, always in the same direction', () => {
    fc.assert(
      fc.property(points, points, fc.option(fc.integer({ min: 10, max: 10_000 })), (from, to, by) => {
        const weights = rampSteps(from, to, by ?? undefined, 1_000).flatMap((step) => (step.kind === 'weight' ? [step.to] : []));
        const rising = to >= from;
        return (
          weights.at(-1) === to && weights.every((w, i) => i === 0 || (rising ? w >= weights[i - 1]! : w <= weights[i - 1]!))
        );
      }),
    );
  });
});

describe('durations', () => {
  for (const [text, ms] of [
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['500ms', 500],
    ['1d', 86_400_000],
    ['0', 0],
    ['1.5s', 1_500],
  ] as const)
    it(`reads ${text}`, () => expect(parseDuration(text)).to.equal(ms));
  for (const text of ['5', '5 m', '-1s', 'm', '1w', ''])
    it(`refuses ${JSON.stringify(text)}`, () => expect(parseDuration(text)).to.equal(undefined));
  for (const [ms, text] of [
    [850, '850ms'],
    [42_000, '42s'],
    [151_000, '2m31s'],
    [14_400_000, '4h'],
    [93_600_000, '1d2h'],
    [-5, '0ms'],
  ] as const)
    it(`writes ${ms} as ${text}`, () => expect(formatDuration(ms)).to.equal(text));
});

describe('versions', () => {
  const ordered = ['0.9', '1.2.0-rc1', '1.2.0', '1.9', '1.10', '2', 'v3', '10'];
  it('order as people number them', () => expect([...ordered].reverse().sort(compareVersions)).to.deep.equal(ordered));
  it('are always quoted in a filter', () => {
    expect(versionFilter('1.2.3')).to.equal('Service.Meta.version == "1.2.3"');
    expect(versionFilter('a"b')).to.equal('Service.Meta.version == `a"b`');
  });
});

describe('observed shares', () => {
  const half = splitLegs('blue', 'green', 5_000, []);
  it('agree within chance', () => expect(compareShares(half, { blue: 540, green: 460 })).to.equal('agrees'));
  it('differ beyond it', () => expect(compareShares(half, { blue: 1_000, green: 0 })).to.equal('differs'));
  it('say nothing when few', () => expect(compareShares(half, { blue: 5, green: 1 })).to.equal('pending'));
  it('differ when a leg of weight 0 gets traffic', () =>
    expect(compareShares(splitLegs('blue', 'green', 0, []), { blue: 990, green: 10 })).to.equal('differs'));
});
