import { expect } from 'chai';
import fc from 'fast-check';
import { weightOf } from '../../src/core/legs.js';
import type { EnvoySignal, Plan, Step } from '../../src/core/plan.js';
import { isRefusal, type Roles } from '../../src/core/roles.js';
import { rolesOfPlan, type Timeline, type TimelineWrite, timelineOf } from '../../src/core/timeline.js';
import { WHOLE } from '../../src/core/weights.js';
import { makePlan, weight } from '../support/world.js';

const MINUTE = 60_000;
const ERRORS: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 };

function rolesFor(plan: Plan): Roles {
  const roles = rolesOfPlan(plan);
  if (isRefusal(roles)) throw new Error(roles.message);
  return roles;
}

function lineOf(change: Partial<Plan>): Timeline {
  const plan = makePlan(change);
  return timelineOf(plan, rolesFor(plan));
}

function canaryOf(write: TimelineWrite | undefined): number {
  return weightOf(write?.legs ?? [], 'green');
}

function whenWeights(line: Timeline): readonly (readonly [number, number])[] {
  return line.writes.flatMap((write, i): [number, number][] => {
    const weight = canaryOf(write);
    return weight !== canaryOf(line.writes[i - 1]) ? [[write.at, weight / 100]] : [];
  });
}

describe('the time line of a plan', () => {
  const cases: readonly [string, readonly Step[], readonly (readonly [number, number])[]][] = [
    ['one weight comes a second after the subsets', [weight(100)], [[1_000, 100]]],
    [
      'a pause of 5m',
      [weight(10), { kind: 'pause', for: 5 * MINUTE }, weight(100)],
      [
        [1_000, 10],
        [301_000, 100],
      ],
    ],
    [
      'an analysis of 2m',
      [weight(20), { kind: 'analyse', for: 2 * MINUTE, minRequests: 9 }, weight(100)],
      [
        [1_000, 20],
        [121_000, 100],
      ],
    ],
    [
      'a wait for instances takes no time at the earliest',
      [{ kind: 'wait', healthy: 2, deadline: MINUTE }, weight(50)],
      [[1_000, 50]],
    ],
    [
      'an open pause takes no time at the earliest',
      [weight(5), { kind: 'pause' }, weight(50)],
      [
        [1_000, 5],
        [1_000, 50],
      ],
    ],
  ];
  for (const [name, steps, expected] of cases)
    it(`has every weight at its time: ${name}`, () => {
      expect(whenWeights(lineOf({ steps, signals: [ERRORS], bake: MINUTE }))).to.deep.equal(expected);
    });

  it('adds the bake to the total and ends promoted', () => {
    const line = lineOf({ steps: [weight(100)], bake: 7 * MINUTE });
    expect(line.earliest).to.equal(1_000 + 7 * MINUTE);
    expect(line.end.phase).to.equal('Promoted');
    expect(line.people).to.equal(0);
  });

  it('counts the open pauses and marks what a person does', () => {
    const line = lineOf({ steps: [weight(1), { kind: 'pause' }, weight(2), { kind: 'pause' }, weight(100)] });
    expect(line.people).to.equal(2);
    expect(line.writes.filter(({ person }) => person).map(({ why }) => why)).to.deep.equal([
      'resumed by a person',
      'resumed by a person',
    ]);
  });

  it('tells of a plan whose steps are longer than its deadline that it reverts', () => {
    const { end } = lineOf({ steps: [weight(10), { kind: 'pause', for: 5 * MINUTE }, weight(100)], deadline: 2 * MINUTE });
    expect(end.phase).to.equal('Reverted');
    expect(end.message).to.match(/deadline of 2m/);
  });

  it('stops at a pause that the plan did not ask for instead of resuming for ever', () => {
    const hold = { noData: 'wait', drift: 'hold', stepTimeout: 'hold', signalError: 'hold', newVersion: 'supersede' } as const;
    const { end, people } = lineOf({ steps: [weight(100)], capacity: { maxRatio: 1 }, stepTimeout: MINUTE, on: hold });
    expect(end.phase).to.equal('Paused');
    expect(end.message).to.match(/100% is more than 1 times/);
    expect(people).to.equal(0);
  });

  it('stops where an analysis wants requests that no signal counts', () => {
    const { end } = lineOf({ steps: [weight(10), { kind: 'analyse', for: MINUTE, minRequests: 9 }, weight(100)] });
    expect(end.phase).to.equal('Paused');
    expect(end.message).to.match(/0 of at least 9 requests/);
  });

  it('takes the first subset for stable where the plan says nothing', () => {
    const subsets = [
      { name: 'left', filter: 'Service.Meta.colour == "l"' },
      { name: 'right', filter: 'Service.Meta.colour == "r"' },
    ];
    const { stable: _, ...plan } = makePlan({ subsets, legs: [] });
    expect(rolesFor(plan)).to.include({ stable: 'left', canary: 'right' });
  });

  it('is in order, with weights that sum to 100 and never fall', () => {
    const steps = fc
      .array(fc.tuple(fc.integer({ min: 1, max: WHOLE }), fc.option(fc.integer({ min: 0, max: 3_600_000 }))), {
        minLength: 1,
        maxLength: 8,
      })
      .map((parts) =>
        parts
          .sort(([a], [b]) => a - b)
          .flatMap(([to, pause]): Step[] => [
            { kind: 'weight', to },
            pause === null ? { kind: 'pause' } : { kind: 'pause', for: pause },
          ]),
      );
    fc.assert(
      fc.property(steps, (list) => {
        const line = lineOf({ steps: list });
        for (const [i, write] of line.writes.entries()) {
          const before = line.writes[i - 1];
          expect(write.at).to.be.at.least(before?.at ?? 0);
          expect(write.legs.reduce((sum, leg) => sum + leg.weight, 0)).to.equal(WHOLE);
          expect(canaryOf(write)).to.be.at.least(canaryOf(before));
        }
        const pauses = list.reduce((sum, step) => sum + (step.kind === 'pause' ? (step.for ?? 0) : 0), 0);
        expect(line.earliest).to.be.at.least(1_000 + pauses);
      }),
      { numRuns: 100 },
    );
  });
});
