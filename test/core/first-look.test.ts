import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import type { Situation } from '../../src/core/decision.js';
import { countsAnew } from '../../src/core/enter-step.js';
import { FIRST_LOOK } from '../../src/core/first-look.js';
import type { Plan, Signal } from '../../src/core/plan.js';
import type { Rollout, State } from '../../src/core/rollout.js';
import type { Finding } from '../../src/core/verdict.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, weight } from '../support/world.js';

const ERRORS: Signal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 };
const PLAN = makePlan({ steps: [weight(10), { kind: 'pause', for: 60_000 }, weight(20), weight(100)], signals: [ERRORS] });
const HOUR = 3_600_000;

const good = (change: Partial<Finding> = {}): Finding => finding('errors', 'Successful', change);
const state = (phase: State['phase'], reason: State['reason'], step: number): State => ({ phase, reason, step }) as State;

interface At {
  readonly state: State;
  /** How long after somebody began to look. */
  readonly after: number;
  readonly found?: Finding;
  readonly anew?: boolean;
  readonly plan?: Plan;
  readonly change?: Partial<Rollout>;
}

/** A rollout at 10 % that was left an hour ago, looked at since noon. */
function decideAt({ state, after, found, anew = true, plan = PLAN, change = {} }: At) {
  const rollout = makeRollout(10, { state, enteredAt: NOON - HOUR, ...change });
  const seen = makeSeen(rollout, { findings: found === undefined ? [] : [found] });
  const situation: Situation = { plan, rollout, seen, tally: '', ran: [], firstLook: { since: NOON, anew }, now: NOON + after };
  return decide(situation);
}

const STEPPING = state('Progressing', 'Stepping', 1);
const RESUMED = state('Progressing', 'Resumed', 1);
const PENDING = state('Pending', 'Starting', 2);
const BAKING = state('Baking', 'Watching', 4);
const NOW = { enteredAt: NOON };

describe('a rollout that nobody watched', () => {
  const cases: readonly [string, At, RegExp][] = [
    ['a step begins anew', { state: STEPPING, after: 1, found: good() }, /^nobody watched it until now: this step begins anew$/],
    ['a bake begins anew', { state: BAKING, after: 1, found: good() }, /: the bake begins anew$/],
    ['harm comes first', { state: STEPPING, after: 1, found: finding('errors', 'Failed') }, /^errors: Failed with numbers$/],
    ['a step begun anew is looked at', { state: STEPPING, after: 500, found: good(), change: NOW }, /looking at green for 10s/],
    ['clear evidence ends the look', { state: STEPPING, after: 500, found: good({ clear: true }), change: NOW }, /^pause of 1m$/],
    ['a pause takes its whole time after that', { state: STEPPING, after: 59_000, found: good(), change: NOW }, /^pause of 1m$/],
    ['and is passed then', { state: STEPPING, after: 60_001, found: good(), change: NOW }, /10% -> 20%/],
    ["a person's word is not enough before the look", { state: RESUMED, after: 500, found: good() }, /looking at green/],
    ['and is enough after it', { state: RESUMED, after: FIRST_LOOK, found: good() }, /10% -> 20%/],
    ['without any data too', { state: RESUMED, after: FIRST_LOOK }, /10% -> 20%/],
    [
      'but not against what is seen',
      { state: RESUMED, after: FIRST_LOOK, found: finding('errors', 'Inconclusive', { above: true }) },
      /^errors: Inconclusive with numbers$/,
    ],
    ['new steps wait for the look', { state: PENDING, after: 500, found: good() }, /looking at green/],
    ['and go on after it', { state: PENDING, after: FIRST_LOOK, found: good() }, /10% -> 20%/],
    ['without a signal there is nothing to look at', { state: RESUMED, after: 1, plan: { ...PLAN, signals: [] } }, /10% -> 20%/],
    [
      'another controller may have watched: its clock is left alone, and it is looked at all the same',
      { state: STEPPING, after: 500, found: good({ clear: true }), anew: false },
      /looking at green/,
    ],
    ['and goes on after it', { state: STEPPING, after: FIRST_LOOK, found: good(), anew: false }, /10% -> 20%/],
    [
      'what goes down waits for nothing',
      { state: PENDING, after: 1, found: good(), plan: { ...PLAN, steps: [weight(50), weight(50), weight(5)] } },
      /10% -> 5%/,
    ],
  ];
  for (const [name, at, why] of cases) it(name, () => expect(decideAt(at).why).to.match(why));

  it('a step begun anew counts its samples anew, as do new steps, and saved evidence does not', () => {
    const before = makeRollout(10, { state: STEPPING, enteredAt: NOON - HOUR });
    const anew = { ...before, seq: before.seq + 1 };
    expect(countsAnew(before, { ...anew, enteredAt: NOON })).to.equal(true);
    expect(countsAnew(before, anew)).to.equal(false);
    expect(countsAnew({ ...before, state: PENDING }, { ...anew, state: state('Progressing', 'Stepping', 2) })).to.equal(true);
    expect(countsAnew(makeRollout(0, { state: PENDING }), { ...anew, state: state('Progressing', 'Stepping', 2) })).to.equal(
      false,
    );
    expect(countsAnew({ ...before, state: state('Paused', 'Operator', 1) }, { ...anew, enteredAt: NOON })).to.equal(false);
  });
});
