import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import { endedPeer, holdForPeers, placeOf, type Want, wantOf } from '../../src/core/group.js';
import type { Peer } from '../../src/core/observation.js';
import { readRecord, writeRecord } from '../../src/core/record.js';
import type { State } from '../../src/core/rollout.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, passing } from '../support/world.js';

const GROUP = { name: 'checkout', services: ['cart', 'payments', 'stock'] };
const plan = makePlan({ group: GROUP });
const STEPS = plan.steps.length;
const at = (step: number): State => ({ phase: 'Progressing', reason: 'Stepping', step });
const member = (percent: number, state: State, change = {}) => makeRollout(percent, { group: 'checkout', state, ...change });
const reverted = (change = {}) =>
  member(0, { phase: 'Reverted', reason: 'SignalFailed', step: 1 }, { message: 'errors: 30%', enteredAt: NOON, ...change });

describe('a group in lock step', () => {
  const places: readonly [State, number][] = [
    [{ phase: 'Pending', reason: 'Starting', step: 0 }, -1],
    [at(0), 0],
    [{ phase: 'Paused', reason: 'Operator', step: 2 }, 2],
    [{ phase: 'Baking', reason: 'Watching', step: STEPS }, STEPS],
    [{ phase: 'Promoting', reason: 'BakePassed', step: STEPS }, STEPS + 1],
    [{ phase: 'Promoted', reason: 'BakePassed', step: STEPS }, STEPS + 2],
  ];
  for (const [state, place] of places)
    it(`${state.phase} at ${state.step} is place ${place}`, () => expect(placeOf(state, STEPS)).to.equal(place));

  const want: Want = { rollout: makeRollout(0).id, from: at(0), place: 1 };
  const cases: readonly [string, readonly Peer[], Readonly<Record<string, Want>>, RegExp | undefined][] = [
    [
      'all are there already',
      [
        { service: 'cart', rollout: member(10, at(1)) },
        { service: 'stock', rollout: member(10, at(2)) },
      ],
      {},
      undefined,
    ],
    ['one has no record', [{ service: 'cart' }], {}, /waiting for cart, in lock step in checkout: it has not begun/],
    ['one is in an older run', [{ service: 'cart', rollout: member(10, at(9), { id: '01A' }) }], {}, /it has not begun/],
    ['one is behind', [{ service: 'cart', rollout: member(10, at(0)) }], {}, /it is Progressing at step 1/],
    ['one is behind and wants to go', [{ service: 'cart', rollout: member(10, at(0)) }], { cart: want }, undefined],
    ['one wanted less', [{ service: 'cart', rollout: member(10, at(0)) }], { cart: { ...want, place: 0 } }, /Progressing/],
    [
      'one wanted to go and was paused since',
      [{ service: 'cart', rollout: member(10, { phase: 'Paused', reason: 'Operator', step: 0 }) }],
      { cart: want },
      /it is Paused \(Operator\) at step 1/,
    ],
  ];
  for (const [name, peers, wants, held] of cases)
    it(`${held === undefined ? 'goes on' : 'waits'} when ${name}`, () => {
      const why = holdForPeers(want, GROUP, peers, (service) => wants[service], STEPS);
      if (held === undefined) expect(why).to.equal(undefined);
      else expect(why).to.match(held);
    });

  it('wants a place only by a write that moves it on', () => {
    const rollout = member(10, at(0));
    const on = decide({ plan, rollout, seen: makeSeen(rollout), tally: '', ran: [], now: NOON });
    expect(wantOf(on, rollout, STEPS)).to.deep.equal({ rollout: rollout.id, from: at(0), place: 1 });
    expect(wantOf({ why: '', wakeAt: 0 }, rollout, STEPS)).to.equal(undefined);
    const promoting = member(100, { phase: 'Promoting', reason: 'BakePassed', step: STEPS });
    const seen = makeSeen(promoting);
    const byDefault = decide({ plan, rollout: promoting, seen, tally: '', ran: [], now: NOON });
    expect(byDefault.write?.kind).to.equal('service-resolver');
    expect(wantOf(byDefault, promoting, STEPS)?.place).to.equal(STEPS + 2);
  });

  it('the record keeps the group, and a record without one reads as before', () => {
    const own = member(10, at(0));
    expect(readRecord(writeRecord({}, own))).to.deep.equal(own);
    expect(writeRecord({}, makeRollout(10))).to.not.have.property('splitter-group');
    expect(readRecord(writeRecord({}, makeRollout(10)))).to.deep.equal(makeRollout(10));
  });
});

describe('a group that is taken back', () => {
  const rollout = member(10, at(1));
  const next = (peers: readonly Peer[], now: number, change = {}, own = rollout) =>
    decide({ plan, rollout: own, seen: makeSeen(own, { peers, ...change }), tally: '', ran: [], now });
  const cart: Peer = { service: 'cart', rollout: member(10, at(1)) };
  const stock: Peer = { service: 'stock', rollout: member(10, at(1)) };

  it('goes back when another member was, and says why', () => {
    const { next: record } = next([cart, { service: 'stock', rollout: reverted() }], NOON);
    expect(record?.state).to.deep.equal({ phase: 'Reverted', reason: 'GroupReverted', step: 1 });
    expect(record?.message).to.equal('stock, in the group checkout, was taken back: errors: 30%');
  });

  it('waits for those after it, a second at most', () => {
    const peers = [{ service: 'cart', rollout: reverted() }, stock];
    expect(next(peers, NOON + 10).write).to.equal(undefined);
    expect(next(peers, NOON + 10).why).to.match(/stock goes back first/);
    expect(next(peers, NOON + 1_000).next?.state.reason).to.equal('GroupReverted');
    expect(next(peers, NOON - 5_000).next?.state.reason, 'with another clock it goes at once').to.equal('GroupReverted');
    expect(next([peers[0]!, { service: 'stock', rollout: member(0, at(1)) }], NOON + 10).next?.state.phase).to.equal('Reverted');
  });

  it('waits for nobody when its own signals fail, or its instances are gone', () => {
    const peers = [{ service: 'cart', rollout: reverted() }, stock];
    expect(next(peers, NOON, { findings: [finding('errors', 'Failed')] }).next?.state.reason).to.equal('SignalFailed');
    expect(next(peers, NOON, { instances: { blue: passing(1), green: passing(0) } }).next?.state.reason).to.equal('NoInstances');
  });

  for (const state of [
    { phase: 'Pending', reason: 'Starting', step: 0 },
    { phase: 'Paused', reason: 'Operator', step: 1 },
    { phase: 'Baking', reason: 'Watching', step: STEPS },
    { phase: 'Promoting', reason: 'BakePassed', step: STEPS },
    { phase: 'Promoted', reason: 'BakePassed', step: STEPS },
  ] as const)
    it(`from ${state.phase} too`, () => {
      const own = member(100, state);
      expect(next([{ service: 'stock', rollout: reverted() }], NOON, {}, own).next?.state.reason).to.equal('GroupReverted');
    });

  it('a promoted member whose old version is gone keeps its traffic', () => {
    const own = member(100, { phase: 'Promoted', reason: 'BakePassed', step: STEPS });
    const decision = next(
      [{ service: 'stock', rollout: reverted() }],
      NOON,
      { instances: { blue: passing(0), green: passing(2) } },
      own,
    );
    expect([decision.write, decision.why]).to.deep.equal([undefined, decision.why]);
    expect(decision.why).to.match(/no instance of blue is left/);
  });

  it('a newer rollout of one ends the run of all that are under way, and of none that was promoted', () => {
    const newer: Peer = { service: 'stock', rollout: makeRollout(0, { id: '01ZZZ' }) };
    const older: Peer = { service: 'stock', rollout: makeRollout(0, { id: '01AAA' }) };
    const promoted = member(100, { phase: 'Promoted', reason: 'BakePassed', step: STEPS });
    expect(endedPeer(rollout, [newer])).to.equal(newer);
    expect(endedPeer(rollout, [older])).to.equal(undefined);
    expect(endedPeer(promoted, [newer])).to.equal(undefined);
    expect(next([newer], NOON + 9_000).next?.message).to.equal('stock, in the group checkout, has begun another rollout');
  });
});
