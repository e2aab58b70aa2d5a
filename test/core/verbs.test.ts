import { expect } from 'chai';
import { legsOf } from '../../src/core/entries.js';
import { splitLegs } from '../../src/core/legs.js';
import type { Rollout, State } from '../../src/core/rollout.js';
import { abort, pause, promote, resume, retarget, undo, type VerbContext, type VerbResult } from '../../src/core/verbs.js';
import { makeRollout, makeSeen, NOON, passing, stored } from '../support/world.js';

const PHASES: readonly State[] = [
  { phase: 'Pending', reason: 'Starting', step: 0 },
  { phase: 'Progressing', reason: 'Stepping', step: 1 },
  { phase: 'Paused', reason: 'Operator', step: 1 },
  { phase: 'Paused', reason: 'PauseStep', step: 1 },
  { phase: 'Paused', reason: 'TargetReached', step: 4 },
  { phase: 'Paused', reason: 'NoData', step: 4 },
  { phase: 'Baking', reason: 'Watching', step: 4 },
  { phase: 'Promoting', reason: 'BakePassed', step: 4 },
  { phase: 'Promoted', reason: 'BakePassed', step: 4 },
  { phase: 'Reverting', reason: 'Undone', step: 4 },
  { phase: 'Reverted', reason: 'SignalFailed', step: 1 },
  { phase: 'Superseded', reason: 'NewRollout', step: 1 },
];

function context(rollout: Rollout, seen = makeSeen(rollout)): VerbContext {
  return { service: 'payments', seen, by: 'lee', now: NOON };
}

const VERBS: Readonly<Record<string, (rollout: Rollout, verbContext: VerbContext) => VerbResult>> = {
  pause,
  resume: (rollout, verbContext) => resume(rollout, verbContext, undefined, 4),
  promote: (rollout, verbContext) => promote(rollout, verbContext, false, 4),
  'promote --full': (rollout, verbContext) => promote(rollout, verbContext, true, 4),
  abort,
  undo: (rollout, verbContext) => undo(rollout, verbContext, 3_600_000),
  ramp: (rollout, verbContext) => retarget(rollout, verbContext, 'new', 'ramp:x'),
};

/** Phase × verb: the phase after it, `=` for nothing to do, `-` for a refusal. Columns as PHASES. */
const TABLE: Readonly<Record<string, string>> = {
  pause: 'Paused Paused = = = = Paused - - - - -',
  resume: '= = Progressing Progressing - Baking = = - = - -',
  promote: 'Progressing Progressing Progressing Progressing Baking Baking Baking = = - - -',
  'promote --full': 'Promoting Promoting Promoting Promoting Promoting Promoting Promoting = = - - -',
  abort: 'Reverted Reverted Reverted Reverted Reverted Reverted Reverted Reverting - Reverted Reverted Reverted',
  undo: '- - - - - - - - Reverted = - -',
  ramp: 'Pending Pending Pending Pending Pending Pending Pending - - - - -',
};

describe('each verb in each phase', () => {
  for (const [verb, row] of Object.entries(TABLE)) {
    row.split(' ').forEach((expected, i) => {
      const state = PHASES[i]!;
      const meaning =
        expected === '-' ? 'is refused with what would work' : expected === '=' ? 'changes nothing' : `leads to ${expected}`;
      it(`${verb} in ${state.phase} (${state.reason}) ${meaning}`, () => {
        const rollout = makeRollout(40, { state });
        const result = VERBS[verb]!(rollout, context(rollout));
        if (expected === '-') {
          expect(result.kind).to.equal('refused');
          expect(result.kind === 'refused' && result.hint).to.match(/^splitter |^consul /);
        } else if (expected === '=') expect(result.kind).to.equal('nothing');
        else expect(result.kind === 'write' && [result.next.state.phase, result.next.seq]).to.deep.equal([expected, 8]);
      });
    });
  }
});

describe('verbs', () => {
  it('abort puts stable at 100% in one write from every phase in which canary may have traffic', () => {
    for (const state of PHASES.filter(({ phase }) => phase !== 'Promoted')) {
      const rollout = makeRollout(40, { state });
      const result = abort(rollout, context(rollout));
      expect(result.kind === 'write' && result.move && result.next.asked).to.deep.equal(splitLegs('blue', 'green', 0, []));
    }
  });
  it('abort after a promotion puts back what was promoted, when somebody has changed it since', () => {
    const rollout = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
    const seen = makeSeen(rollout, { splitter: makeSeen(makeRollout(60)).splitter! });
    const result = abort(rollout, context(rollout, seen));
    expect(result.kind === 'write' && [result.next.state.phase, result.next.asked, result.move]).to.deep.equal([
      'Promoted',
      rollout.asked,
      true,
    ]);
  });
  it('abort twice changes nothing the second time', () => {
    const rollout = makeRollout(0, { state: { phase: 'Reverted', reason: 'Aborted', step: 1 } });
    expect(abort(rollout, context(rollout)).kind).to.equal('nothing');
  });
  it('abort in the middle of a promotion takes the default subset back too', () => {
    const rollout = makeRollout(100, { state: { phase: 'Promoting', reason: 'BakePassed', step: 4 } });
    const seen = makeSeen(rollout);
    const moved = { ...seen, resolver: stored({ ...seen.resolver?.entry, DefaultSubset: 'green' }, 12) };
    const result = abort(rollout, context(rollout, moved));
    expect(result.kind === 'write' && result.next.state.phase).to.equal('Reverting');
  });
  it('pause keeps a rollout still that waits for a signal, which would else go on by itself', () => {
    const rollout = makeRollout(10, { state: { phase: 'Paused', reason: 'SignalError', step: 1 } });
    const result = pause(rollout, context(rollout));
    expect(result.kind === 'write' && result.next.state).to.deep.equal({ phase: 'Paused', reason: 'Operator', step: 1 });
  });

  it('pause keeps the weights of others as they are', () => {
    const rollout = makeRollout(10);
    const result = pause(rollout, context(rollout));
    expect(result.kind === 'write' && result.move).to.equal(false);
  });
  it('resume after drift asks whose weights count, and does as told', () => {
    const rollout = makeRollout(10, { state: { phase: 'Paused', reason: 'Drift', step: 0 } });
    const theirs = makeRollout(35);
    const seen = makeSeen(rollout, { splitter: makeSeen(theirs).splitter! });
    const told = (choice: 'adopt' | 'reassert' | undefined) => resume(rollout, context(rollout, seen), choice, 4);
    expect(told(undefined).kind).to.equal('refused');
    const [adopted, reasserted] = [told('adopt'), told('reassert')];
    expect(adopted.kind === 'write' && [adopted.next.asked, adopted.move]).to.deep.equal([
      legsOf(seen.splitter!.entry, 'payments'),
      false,
    ]);
    expect(reasserted.kind === 'write' && [reasserted.next.asked, reasserted.move]).to.deep.equal([rollout.asked, true]);
  });
  it('promote refuses to send everybody to a canary without instances', () => {
    const rollout = makeRollout(10);
    for (const full of [true, false])
      expect(promote(rollout, context(rollout, makeSeen(rollout, { instances: { blue: passing(2) } })), full, 4).kind).to.equal(
        'refused',
      );
  });
  it('undo checks that the old subset still runs and that its window is open', () => {
    const rollout = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 }, enteredAt: NOON - 1_000 });
    expect(undo(rollout, context(rollout), 500).kind).to.equal('refused');
    expect(undo(rollout, context(rollout, makeSeen(rollout, { instances: { green: passing(2) } })), 5_000).kind).to.equal(
      'refused',
    );
    const result = undo(rollout, context(rollout), 5_000);
    expect(result.kind === 'write' && [result.next.state.reason, result.next.asked]).to.deep.equal([
      'Undone',
      splitLegs('blue', 'green', 0, []),
    ]);
  });
});
