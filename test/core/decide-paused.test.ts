import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import type { Decision } from '../../src/core/decision.js';
import type { PauseReason, State } from '../../src/core/rollout.js';
import type { Verdict } from '../../src/core/verdict.js';
import { finding, makePlan, makeRollout, makeSeen, NOON } from '../support/world.js';

function decidePaused(reason: PauseReason, verdicts: readonly Verdict[], step = 1): Decision {
  const rollout = makeRollout(10, { state: { phase: 'Paused', reason, step } as State, enteredAt: NOON - 60_000 });
  const findings = verdicts.map((verdict, i) => finding(`signal-${i}`, verdict));
  return decide({ plan: makePlan(), rollout, seen: makeSeen(rollout, { findings }), tally: 'tally', ran: [], now: NOON });
}

describe('decide, while a rollout stands still', () => {
  it('stays held as long as one signal cannot be measured', () => {
    expect(decidePaused('SignalError', ['Successful', 'Error']).write).to.equal(undefined);
    expect(decidePaused('SignalError', ['Inconclusive', 'Error']).write).to.equal(undefined);
  });

  it('begins the step anew when all can be measured again, whatever they say, and moves no weight', () => {
    for (const verdict of ['Successful', 'Inconclusive'] as const) {
      const { next } = decidePaused('SignalError', [verdict]);
      expect([next?.state, next?.enteredAt]).to.deep.equal([{ phase: 'Progressing', reason: 'Stepping', step: 1 }, NOON]);
      expect(next?.asked).to.deep.equal(makeRollout(10).asked);
    }
  });

  it('begins the bake anew when it was held there', () => {
    const steps = makePlan().steps.length;
    expect(decidePaused('SignalError', ['Successful'], steps).next?.state).to.deep.equal({
      phase: 'Baking',
      reason: 'Watching',
      step: steps,
    });
  });

  it('takes it back when the signal is back with a failure', () => {
    expect(decidePaused('SignalError', ['Failed']).next?.state).to.deep.include({ reason: 'SignalFailed' });
  });

  it('waits for a person where it waits for a person', () => {
    for (const reason of ['Operator', 'PauseStep', 'NoData', 'StepTimeout', 'TargetReached'] as const)
      expect(decidePaused(reason, ['Successful']).write, reason).to.equal(undefined);
  });

  describe('at an open pause with a deadline of 10m', () => {
    const decideOpen = (waited: number, stepTimeout: 'revert' | 'hold'): Decision => {
      const state: State = { phase: 'Paused', reason: 'PauseStep', step: 1 };
      const rollout = makeRollout(10, { state, enteredAt: NOON - waited });
      const base = makePlan();
      const steps = [base.steps[0]!, { kind: 'pause', deadline: 600_000 } as const, ...base.steps.slice(2)];
      const plan = { ...base, steps, on: { ...base.on, stepTimeout } };
      return decide({ plan, rollout, seen: makeSeen(rollout, {}), tally: '', ran: [], now: NOON });
    };

    it('waits until then', () => {
      expect(decideOpen(599_999, 'revert'))
        .to.deep.include({ wakeAt: NOON + 1 })
        .and.not.have.property('write');
    });

    for (const [policy, phase] of [
      ['revert', 'Reverted'],
      ['hold', 'Paused'],
    ] as const)
      it(`then goes as on.step_timeout says: ${policy}`, () => {
        const { next } = decideOpen(600_000, policy);
        expect([next?.state.phase, next?.state.reason, next?.message]).to.deep.equal([
          phase,
          'StepTimeout',
          'after 10m: nobody resumed it at 10%',
        ]);
      });
  });
});
