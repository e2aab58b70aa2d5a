import { expect } from 'chai';
import { clearSince, countAll, type DrillPart, type DrillSample, findProblems, firstFailure } from '../../src/core/drill.js';

const look = (at: number, canary: number, stable: number, bad = 0): DrillSample => ({
  at,
  canary: { total: canary, bad },
  stable: { total: stable, bad: 0 },
});
const made = (kind: DrillPart['kind'], phase: string, reason: string, trouble: readonly string[] = []): DrillPart => ({
  kind,
  rollout: 'r',
  from: 'blue (2)',
  to: 'green (3)',
  phase,
  reason,
  message: 'why',
  startedAt: 0,
  endedAt: 1,
  steps: [],
  requests: null,
  trouble,
});
const GOOD = [
  made('there', 'Promoted', 'BakePassed'),
  made('back', 'Promoted', 'BakePassed'),
  made('broken', 'Reverted', 'SignalFailed'),
];
const SAME = { before: 'blue (2)', after: 'blue (2)' };

describe('what a drill makes of its looks', () => {
  it('finds the first failure after the break, and counts everything', () => {
    const samples = [look(1, 5, 5, 1), look(2, 5, 5), look(3, 5, 5, 2), look(4, 5, 5, 2)];
    expect([firstFailure(samples, 1), firstFailure(samples, 4)]).to.deep.equal([3, null]);
    expect(countAll(samples)).to.deep.equal({ sent: 40, failed: 5 });
  });

  for (const [name, samples, expected] of [
    ['the look after the last request', [look(1, 5, 5), look(2, 1, 9), look(3, 0, 10), look(4, 0, 10), look(5, 0, 10)], 3],
    ['not before three looks', [look(2, 1, 9), look(3, 0, 50), look(4, 0, 50)], null],
    ['not before twenty requests', [look(2, 1, 9), look(3, 0, 2), look(4, 0, 2), look(5, 0, 2)], null],
    ['none where requests go on', [look(2, 1, 9), look(3, 1, 50), look(4, 1, 50), look(5, 1, 50)], null],
    ['never a look before the revert', [look(0, 0, 50), look(1, 0, 50), look(2, 0, 50), look(3, 0, 50), look(4, 0, 50)], 2],
  ] as const)
    it(`takes as clear: ${name}`, () => expect(clearSince(samples, 1)).to.equal(expected));

  it('at the end takes what there is, but not silence', () => {
    expect(clearSince([look(2, 1, 9), look(3, 0, 1)], 1, false)).to.equal(3);
    expect(clearSince([look(2, 1, 9), look(3, 0, 0)], 1, false)).to.equal(null);
  });
});

describe('whether a drill has passed', () => {
  it('it has when all ended as they had to and users are where they were', () =>
    expect(findProblems(GOOD, SAME)).to.deep.equal([]));

  for (const [name, parts, users, problem] of [
    [
      'a rollout was taken back',
      [made('there', 'Reverted', 'SignalFailed')],
      SAME,
      /rollout 1 had to be Promoted and is Reverted/,
    ],
    ['the broken one was promoted', [...GOOD.slice(0, 2), made('broken', 'Promoted', 'BakePassed')], SAME, /had to be Reverted/],
    ['a person took it back', [...GOOD.slice(0, 2), made('broken', 'Reverted', 'Aborted')], SAME, /not taken back by a signal/],
    ['part of it is missing', GOOD.slice(0, 2), SAME, /rollout 3 was not begun/],
    [
      'users are elsewhere',
      GOOD,
      { ...SAME, after: 'green (3)' },
      /users were on blue \(2\) before it, and are on green \(3\) now/,
    ],
    [
      'a program failed',
      [...GOOD.slice(0, 2), made('broken', 'Reverted', 'SignalFailed', ['mend: exit 1'])],
      SAME,
      /mend: exit 1/,
    ],
  ] as const)
    it(`it has not when ${name}`, () => expect(findProblems(parts, users).join('; ')).to.match(problem));

  it('it has not when one broke off: that one is told, those after it were not begun', () =>
    expect(findProblems(GOOD.slice(0, 1), { ...SAME, after: undefined }, 'Consul does not answer')).to.deep.equal([
      'rollout 2 broke off: Consul does not answer',
      'rollout 3 was not begun',
      `users were on ${SAME.before} before it, and where they are now cannot be told`,
    ]));
});
