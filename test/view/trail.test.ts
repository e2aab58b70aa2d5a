import { expect } from 'chai';
import { logEntry } from '../../src/core/history.js';
import { numberIn, TRAIL_WINDOW, Trail } from '../../src/view/trail.js';
import { finding, makePlan, makeRollout, makeSeen, NOON } from '../support/world.js';

const plan = makePlan();

function momentAt(now: number, percent: number, seq: number, message = `step ${seq}`) {
  const rollout = makeRollout(percent, { seq, message, enteredAt: now });
  const findings = [finding('errors', 'Successful', { value: `${percent / 100}%` })];
  return { plan, rollout, seen: makeSeen(rollout, { findings, observed: { blue: 9_000, green: percent * 100 } }), why: '', now };
}

describe('the trail of a rollout', () => {
  it('keeps weights, shares and values in the order of time, one mark a second', () => {
    const trail = new Trail();
    for (let i = 0; i < 50; i++) trail.add(momentAt(NOON + 100 * i, i < 25 ? 10 : 20, i < 25 ? 1 : 2));
    expect(trail.stored.map(({ at, value }) => [at - NOON, value])).to.deep.equal([
      [0, 10],
      [1_000, 10],
      [2_000, 20],
      [3_000, 20],
      [4_000, 20],
    ]);
    expect(trail.observed.map(({ value }) => value)).to.deep.equal([10, 10, 20, 20, 20]);
    expect(trail.signal('errors').map(({ value }) => value)).to.deep.equal([0.1, 0.1, 0.2, 0.2, 0.2]);
    expect(trail.signal('none')).to.deep.equal([]);
  });

  it('forgets what is older than its window', () => {
    const trail = new Trail();
    trail.add(momentAt(NOON, 10, 1));
    trail.add(momentAt(NOON + TRAIL_WINDOW + 1, 20, 2));
    expect(trail.stored.map(({ value }) => value)).to.deep.equal([20]);
  });

  it('tells each decision once, the newest first; saved evidence is none', () => {
    const trail = new Trail();
    trail.add(momentAt(NOON, 5, 1, 'started'));
    trail.add(momentAt(NOON + 2_000, 5, 2, 'started'));
    trail.add(momentAt(NOON + 4_000, 10, 3, '5% -> 10%'));
    trail.add(momentAt(NOON + 6_000, 10, 3, '5% -> 10%'));
    expect(trail.decided.map(({ message, at }) => [message, at - NOON])).to.deep.equal([
      ['5% -> 10%', 4_000],
      ['started', 0],
    ]);
  });

  it('begins with what the log tells of the time before, and tells none of it twice', () => {
    const trail = new Trail();
    const [first, second] = [1, 2].map((seq) => makeRollout(seq * 5, { seq, message: `step ${seq}` }));
    const entries = [logEntry(first!, NOON - 9_000, [], 0, 7), logEntry(second!, NOON - 5_000, [], 7, 8)];
    trail.recall(first!.id, entries);
    trail.add(momentAt(NOON, 10, 2, 'step 2'));
    trail.recall(first!.id, entries);
    expect(trail.decided.map(({ message, index }) => [message, index])).to.deep.equal([
      ['step 2', 8],
      ['step 1', 7],
    ]);
    expect(trail.stored.map(({ value }) => value)).to.deep.equal([5, 10, 10]);
  });

  it('another rollout begins anew', () => {
    const trail = new Trail();
    trail.add(momentAt(NOON, 50, 9));
    const moment = momentAt(NOON + 5_000, 5, 1, 'another');
    trail.add({ ...moment, rollout: { ...moment.rollout, id: '01JDK7Q0000000000000000001' } });
    expect(trail.stored.map(({ value }) => value)).to.deep.equal([5]);
    expect(trail.decided.map(({ message }) => message)).to.deep.equal(['another']);
  });

  it('knows when Consul last answered', () => {
    const trail = new Trail();
    trail.add(momentAt(NOON, 5, 1));
    trail.add({ ...momentAt(NOON + 9_000, 5, 1), trouble: 'connection refused' });
    expect(trail.freshAt).to.equal(NOON);
  });

  for (const [text, number] of [
    ['0.16%', 0.16],
    ['<= 1,250 ms', 1250],
    ['-3.5', -3.5],
    ['1.5e+21', 1.5e21],
    ['no data', null],
  ] as const)
    it(`finds ${number} in "${text}"`, () => expect(numberIn(text)).to.equal(number));
});
