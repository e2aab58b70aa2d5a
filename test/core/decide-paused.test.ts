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
});
