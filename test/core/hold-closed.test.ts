import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import type { Situation } from '../../src/core/decision.js';
import type { State } from '../../src/core/rollout.js';
import { statusOf } from '../../src/core/status.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, passing } from '../support/world.js';

const FREEZE = { by: 'lee', reason: 'launch', since: NOON - 5 };
const DAYS = 3 * 86_400_000;

function situation(
  percent: number,
  state: State,
  change: { plan?: object; seen?: object; rollout?: object; now?: number } = {},
): Situation {
  const rollout = makeRollout(percent, { state, ...change.rollout });
  const seen = makeSeen(rollout, { freeze: FREEZE, ...change.seen });
  return { plan: makePlan(change.plan), rollout, seen, tally: '', ran: [], now: change.now ?? NOON + DAYS };
}

const at = (step: number): State => ({ phase: 'Progressing', reason: 'Stepping', step });
const PENDING: State = { phase: 'Pending', reason: 'Starting', step: 0 };
const BAKING: State = { phase: 'Baking', reason: 'Watching', step: 4 };

describe('a freeze', () => {
  for (const [name, percent, state] of [
    ['the first weight', 0, PENDING],
    ['the next weight', 10, at(1)],
    ['the promotion', 100, BAKING],
  ] as const) {
    it(`holds ${name}, without a write and without growing old`, () => {
      const decision = decide(situation(percent, state));
      expect([decision.write, decision.call]).to.deep.equal([undefined, undefined]);
      expect(decision.why).to.equal('held: frozen by lee (launch); splitter freeze off lets it go on');
      expect(decision.wakeAt).to.be.greaterThan(NOON + DAYS);
    });
    it(`lets ${name} come when it is turned off, and is not overdue at once`, () => {
      const off = { freeze: { ...FREEZE, ended: NOON + DAYS - 1 } };
      expect(decide(situation(percent, state, { seen: off })).next?.state.phase).to.equal(
        percent === 100 ? 'Promoting' : 'Progressing',
      );
      const unready = { ...off, agreement: 'differs' as const, ...(percent === 0 ? { instances: { blue: passing(1) } } : {}) };
      if (state !== at(1))
        expect(decide(situation(percent, state, { seen: unready })).next?.state.phase).to.not.equal('Reverted');
    });
  }

  it('holds no revert, no step down, and no step that a person has passed', () => {
    const failed = { findings: [finding('errors', 'Failed')] };
    expect(decide(situation(10, at(1), { seen: failed })).next?.state.phase).to.equal('Reverted');
    const down = { steps: [{ kind: 'weight', to: 500 }] };
    expect(decide(situation(20, PENDING, { plan: down })).next?.message).to.match(/20% -> 5%/);
    expect(decide(situation(10, { ...at(1), reason: 'Resumed' } as State)).next?.message).to.match(/10% -> 50%/);
  });

  it('does not hold the deadline of the whole rollout', () => {
    expect(decide(situation(10, at(1), { plan: { deadline: DAYS } })).next?.state.reason).to.equal('DeadlineExceeded');
    const before = decide(
      situation(10, at(1), { plan: { deadline: DAYS + 7_200_000 }, seen: { freeze: { ...FREEZE, until: NOON + 2 * DAYS } } }),
    );
    expect(before.wakeAt, 'it wakes for the deadline').to.equal(NOON - 3_600_000 + DAYS + 7_200_000);
  });

  it('is told by a status, with nobody driving', () => {
    const { plan, rollout, seen, now } = situation(10, at(1), { seen: { freeze: { ...FREEZE, until: NOON + DAYS + 1_000 } } });
    const status = statusOf({ service: 'payments', rollout, seen, now, plan: { plan, source: null }, driver: undefined });
    expect(status.held).to.deep.equal({
      reason: 'Frozen',
      message: 'frozen by lee (launch) until Tue 12:00 UTC',
      until: '2026-11-24T12:00:01.000Z',
    });
    expect(
      statusOf({ service: 'payments', rollout, seen: makeSeen(rollout), now, plan: undefined, driver: undefined }).held,
    ).to.equal(undefined);
  });
});
