import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import type { Situation } from '../../src/core/decision.js';
import type { HookName, Plan, Program } from '../../src/core/plan.js';
import type { ProgramCall, ProgramOutcome } from '../../src/core/programs.js';
import type { State } from '../../src/core/rollout.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, weight } from '../support/world.js';

const SMOKE: Program = { kind: 'command', command: ['./smoke.sh', 'green'], timeout: 60_000 };
const at = (step: number): State => ({ phase: 'Progressing', reason: 'Stepping', step });
const PENDING: State = { phase: 'Pending', reason: 'Starting', step: 0 };
const PROMOTING: State = { phase: 'Promoting', reason: 'BakePassed', step: 2 };

function situation(percent: number, state: State, plan: Partial<Plan>, owes: readonly HookName[] = []): Situation {
  const rollout = makeRollout(percent, { state, owes });
  return {
    plan: makePlan({ steps: [weight(10), weight(50)], ...plan }),
    rollout,
    seen: makeSeen(rollout),
    tally: '',
    ran: [],
    now: NOON,
  };
}

function hooked(percent: number, state: State, hook: HookName, owes: readonly HookName[] = []): Situation {
  return situation(percent, state, { hooks: { [hook]: SMOKE } }, owes);
}

function ended({ id, point, step }: ProgramCall, ok: boolean): ProgramOutcome {
  const message = ok ? 'exit 0' : 'exit 3';
  return { id, point, step, program: './smoke.sh green', ok, message, output: 'looking\nno answer\n', at: NOON, ms: 40 };
}

/** The decision after the program that this one asks for has ended. */
function outcomeOf(before: Situation, ok: boolean): ReturnType<typeof decide> {
  const { call, write } = decide(before);
  expect([call?.program, write], 'it asks for the program first').to.deep.equal([SMOKE, undefined]);
  return decide({ ...before, ran: [ended(call!, ok)] });
}

describe('a run step', () => {
  const step = (onFailure: 'revert' | 'hold'): Situation =>
    situation(10, at(1), { steps: [weight(10), { kind: 'run', program: SMOKE, onFailure }, weight(50)] });

  it('asks for its program, tells it where the rollout stands, and passes with it', () => {
    const { call, why } = decide(step('revert'));
    expect(why).to.equal('running the step’s program: ./smoke.sh green');
    expect(call?.variables).to.include({
      SPLITTER_SERVICE: 'payments',
      SPLITTER_POINT: 'run',
      SPLITTER_STEP: '2',
      SPLITTER_STEPS: '3',
      SPLITTER_WEIGHT: '10',
      SPLITTER_STABLE: 'blue',
      SPLITTER_CANARY: 'green',
      SPLITTER_CANARY_VERSION: '3',
      SPLITTER_STABLE_VERSION: '2',
    });
    const { next } = outcomeOf(step('revert'), true);
    expect([next?.state.step, next?.message]).to.deep.equal([2, 'canary green 10% -> 50% (run passed)']);
  });
  it('that fails takes canary back, and says with what', () => {
    const { next } = outcomeOf(step('revert'), false);
    expect([next?.state.phase, next?.state.reason, next?.message]).to.deep.equal([
      'Reverted',
      'RunFailed',
      'run failed: ./smoke.sh green: exit 3: no answer',
    ]);
  });
  it('that fails holds where the plan says so', () => {
    expect(outcomeOf(step('hold'), false).next?.state).to.deep.equal({ phase: 'Paused', reason: 'ProgramFailed', step: 1 });
  });
  it('never delays a revert', () => {
    const before = step('revert');
    const plan = { ...before.plan, signals: [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 } as const] };
    const decision = decide({ ...before, plan, seen: { ...before.seen, findings: [finding('errors', 'Failed')] } });
    expect([decision.next?.state.reason, decision.call]).to.deep.equal(['SignalFailed', undefined]);
  });
  it('does not count an outcome of an earlier time at the same step', () => {
    const before = step('revert');
    const old = ended(decide({ ...before, rollout: { ...before.rollout, enteredAt: NOON - 1 } }).call!, true);
    expect(decide({ ...before, ran: [old] }).call?.point).to.equal('run');
  });
});

describe('hooks', () => {
  it('before_start runs once, before anything of the steps, and is written down', () => {
    const { next } = outcomeOf(hooked(0, PENDING, 'before_start', ['before_start']), true);
    expect([next?.state.phase, next?.owes, next?.message]).to.deep.equal(['Pending', [], 'before_start passed']);
    expect(decide(hooked(0, PENDING, 'before_start')).next?.state.phase).to.equal('Progressing');
  });
  it('before_step knows the weight to come', () => {
    expect(decide(hooked(10, at(0), 'before_step')).call?.variables).to.include({
      SPLITTER_POINT: 'before_step',
      SPLITTER_STEP: '2',
      SPLITTER_WEIGHT: '10',
      SPLITTER_NEXT_WEIGHT: '50',
    });
  });
  it('a failing before_* holds, each at its place', () => {
    const cases = [
      [hooked(0, PENDING, 'before_start', ['before_start']), 0],
      [hooked(10, at(0), 'before_step'), 1],
      [hooked(100, PROMOTING, 'before_promote', ['before_promote']), 2],
    ] as const;
    for (const [before, step] of cases)
      expect(outcomeOf(before, false).next?.state).to.deep.equal({ phase: 'Paused', reason: 'ProgramFailed', step });
  });
  it('a failing after_step is reported, and the rollout goes on', () => {
    const { next } = outcomeOf(hooked(10, at(0), 'after_step'), false);
    expect([next?.state.step, next?.message]).to.deep.equal([
      1,
      'canary green 10% -> 50% (after_step failed: ./smoke.sh green: exit 3: no answer)',
    ]);
  });
  for (const [hook, state] of [
    ['after_promote', { phase: 'Promoted', reason: 'BakePassed', step: 2 }],
    ['after_revert', { phase: 'Reverted', reason: 'SignalFailed', step: 1 }],
    ['after_revert', { phase: 'Superseded', reason: 'NewRollout', step: 1 }],
  ] as const) {
    it(`${hook} runs once the rollout is ${state.phase}; whatever it says is written down`, () => {
      const { next } = outcomeOf(hooked(0, state, hook, ['after_promote', 'after_revert']), false);
      expect([next?.state, next?.message]).to.deep.equal([
        state,
        `under way; ${hook} failed: ./smoke.sh green: exit 3: no answer`,
      ]);
      expect(next?.owes).not.to.include(hook);
      expect(decide(hooked(0, state, hook)).call).to.equal(undefined);
    });
  }
  it('that cannot be run because the plan is gone is not silently forgotten', () => {
    const { next } = decide(situation(0, { phase: 'Reverted', reason: 'Aborted', step: 1 }, {}, ['after_revert']));
    expect([next?.owes, next?.message]).to.deep.equal([[], 'under way; after_revert was not run: the plan with it is gone']);
  });
});
