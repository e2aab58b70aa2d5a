import { expect } from 'chai';
import { raiseAlarm } from '../../src/controller/alarm.js';
import { Overdue, type Stuck } from '../../src/controller/overdue.js';
import type { State } from '../../src/core/rollout.js';
import type { Sent } from '../../src/ports.js';
import { NEVER } from '../signals/fakes.js';
import { makeRollout, NOON } from '../support/world.js';
import { channelTo, fakeParts, planFor } from './telling.js';

const reverting: State = { phase: 'Reverting', reason: 'SignalFailed', step: 1 };
const stuckAt = (at: number, plan = planFor(channelTo('A', ['stuck']))): Stuck => ({
  plan,
  before: makeRollout(10, { id: '01A', seq: 4 }),
  next: makeRollout(0, { id: '01A', seq: 5, state: reverting, message: 'errors: 6% of 200' }),
  at,
  findings: [],
  why: 'Consul has no leader',
});

describe('a revert that Consul does not take', () => {
  it('is told of once, after ten seconds; and anew when it comes back', () => {
    const told: number[] = [];
    const overdue = new Overdue(({ at }) => void told.push(at - NOON));
    for (const s of [0, 5, 9, 10, 11, 60]) overdue.failed(stuckAt(NOON + s * 1_000));
    expect(told).to.deep.equal([10_000]);
    overdue.over();
    for (const s of [100, 109, 111]) overdue.failed(stuckAt(NOON + s * 1_000));
    expect(told).to.deep.equal([10_000, 111_000]);
  });

  it('is told to the channels that want it, with where traffic really is', async () => {
    const { parts, notifier } = fakeParts();
    const sent: string[] = [];
    notifier.answer = async (receiver, { title, sentence, kind, weights, next }) => {
      sent.push(`${receiver} ${kind}: ${title}: ${sentence} (${weights.map(({ weight }) => weight / 100)}) ${next}`);
      return { kind: 'sent' };
    };
    const plan = planFor(channelTo('A', ['stuck']), channelTo('B', ['reverted']));
    await raiseAlarm(stuckAt(NOON, plan), parts, NEVER);
    expect(sent).to.deep.equal([
      'A stuck: payments cannot be taken back to blue "2" (SignalFailed): errors: 6% of 200; Consul takes no write: Consul has no leader (90,10) splitter abort payments',
    ]);
  });

  it('is given up when the receiver refuses it, or after a quarter of an hour; that is said', async () => {
    for (const [answer, later] of [
      [{ kind: 'never', why: 'HTTP 404' }, 0],
      [{ kind: 'later', why: 'HTTP 500' }, 15 * 60_000],
    ] as const satisfies readonly (readonly [Sent, number])[]) {
      const { parts, notifier, clock, said } = fakeParts();
      notifier.answer = async () => answer;
      clock.at = NOON + later;
      await raiseAlarm(stuckAt(NOON), parts, NEVER);
      expect(said).to.have.length(1);
      expect(said[0]).to.include('webhook (url_env A) of payments: gave up telling it that "payments cannot be taken back');
    }
  });

  it('is tried no more when splitter ends', async () => {
    const { parts, notifier, said } = fakeParts();
    const end = new AbortController();
    notifier.answer = async () => {
      setImmediate(() => end.abort());
      return { kind: 'later', why: 'HTTP 500' };
    };
    await raiseAlarm(stuckAt(NOON), parts, end.signal);
    expect(said).to.deep.equal([]);
  });
});
