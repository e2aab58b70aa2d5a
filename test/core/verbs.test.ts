import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { legsOf } from '../../src/core/entries.js';
import { splitLegs } from '../../src/core/legs.js';
import type { Observation } from '../../src/core/observation.js';
import { findRoles, isRefusal } from '../../src/core/roles.js';
import { isFinal, type Rollout, type Standing, type State } from '../../src/core/rollout.js';
import { abort } from '../../src/core/verbs/abort.js';
import { pause } from '../../src/core/verbs/pause.js';
import { promote } from '../../src/core/verbs/promote.js';
import type { VerbContext, VerbResult } from '../../src/core/verbs/result.js';
import { resume } from '../../src/core/verbs/resume.js';
import { retarget } from '../../src/core/verbs/retarget.js';
import { retry, start, supersede } from '../../src/core/verbs/start.js';
import { undo } from '../../src/core/verbs/undo.js';
import { makePlan, makeRollout, makeSeen, NOON, passing, stored } from '../support/world.js';

const PHASES: readonly State[] = [
  { phase: 'Pending', reason: 'Starting', step: 0 },
  { phase: 'Progressing', reason: 'Stepping', step: 1 },
  { phase: 'Paused', reason: 'Operator', step: 1 },
  { phase: 'Paused', reason: 'PauseStep', step: 1 },
  { phase: 'Paused', reason: 'TargetReached', step: 4 },
  { phase: 'Paused', reason: 'NoData', step: 4 },
  { phase: 'Paused', reason: 'ProgramFailed', step: 1 },
  { phase: 'Paused', reason: 'StableGone', step: 1, stood: { phase: 'Progressing', reason: 'Stepping', step: 1 } },
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

/** The table of docs/phases.md: by verb, what it says of each phase. */
function readTable(): ReadonlyMap<string, readonly string[]> {
  const page = readFileSync(new URL('../../../docs/phases.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| phase |'));
  const cells = rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
  const [head = [], ...body] = cells.filter((row) => row.length > 2);
  expect(body.map(([phase]) => phase)).to.deep.equal(PHASES.map(({ phase, reason }) => `${phase} (${reason})`));
  return new Map(head.slice(1).map((verb, i) => [verb, body.map((row) => row[i + 1]!)]));
}

const TABLE = readTable();

describe('each verb in each phase, as docs/phases.md says', () => {
  for (const [verb, act] of Object.entries(VERBS)) {
    TABLE.get(verb)?.forEach((expected, i) => {
      const state = PHASES[i]!;
      it(`${verb} in ${state.phase} (${state.reason}): ${expected}`, () => {
        const rollout = makeRollout(40, { state });
        const result = act(rollout, context(rollout));
        if (expected === '-') {
          expect(result.kind).to.equal('refused');
          expect(result.kind === 'refused' && result.hint).to.match(/^splitter |^consul /);
        } else if (expected === '=') expect(result.kind).to.equal('nothing');
        else expect(result.kind === 'write' && [result.next.state.phase, result.next.seq]).to.deep.equal([expected, 8]);
      });
    });
  }

  it('has a column for each verb, and no other', () => {
    expect([...TABLE.keys()]).to.deep.equal([...Object.keys(VERBS), ...Object.keys(STARTS)]);
  });
});

const WORDS = { begin: 'begins', 'go-on': 'goes on', supersede: 'supersedes', queue: 'waits', refused: '-' } as const;

/** What `start` and `retry` make of a rollout. */
const STARTS: Readonly<Record<string, (rollout: Rollout) => ReturnType<typeof start>>> = {
  'start, the same plan': (rollout) => start(rollout, { service: 'payments' }, rollout.plan, 'start:x', 'reject'),
  'start, another plan: supersede': (rollout) => start(rollout, { service: 'payments' }, 'another', 'start:x', 'supersede'),
  'start, another plan: queue': (rollout) => start(rollout, { service: 'payments' }, 'another', 'start:x', 'queue'),
  'start, another plan: reject': (rollout) => start(rollout, { service: 'payments' }, 'another', 'start:x', 'reject'),
  retry: (rollout) => retry(rollout, { service: 'payments' }),
};

describe('a start in each phase, as docs/phases.md says', () => {
  for (const [verb, act] of Object.entries(STARTS)) {
    TABLE.get(verb)?.forEach((expected, i) => {
      const state = PHASES[i]!;
      it(`${verb} in ${state.phase} (${state.reason}): ${expected}`, () => {
        const result = act(makeRollout(40, { state }));
        expect(WORDS[result.kind]).to.equal(expected);
        if (result.kind === 'refused') expect(result.hint).to.match(/^splitter /);
        if (result.kind === 'go-on') expect([result.next.driver, result.next.seq]).to.deep.equal(['start:x', 8]);
      });
    });
  }
});

it('supersede makes way from every phase that is not over, in one write', () => {
  for (const state of PHASES) {
    const rollout = makeRollout(40, { state });
    const over = isFinal(rollout) || state.phase === 'Reverting';
    const result = supersede(rollout, context(rollout));
    expect(result.kind, state.phase).to.equal(over ? 'nothing' : 'write');
    if (result.kind === 'write')
      expect([result.next.state.reason, result.next.asked]).to.deep.equal(['NewRollout', splitLegs('blue', 'green', 0, [])]);
  }
});

describe('verbs', () => {
  it('supersede takes everything back to the last proven version in one write, and the next rollout starts from there', () => {
    const rollout = makeRollout(40, { state: PHASES[1]! });
    const result = supersede(rollout, context(rollout));
    expect(result.kind === 'write' && [result.move, result.next.asked, result.next.stable]).to.deep.equal([
      true,
      splitLegs('blue', 'green', 0, []),
      'blue',
    ]);
    const next = result.kind === 'write' ? result.next : rollout;
    const after = findRoles(makePlan({ stable: 'green' }), makeSeen(next));
    expect(!isRefusal(after) && after.stable).to.equal('blue');
  });
  it('ramp in mid-rollout owes the hooks of the new plan, but does not begin again', () => {
    const owes = ['before_start', 'before_promote', 'after_revert'] as const;
    const begun = retarget(makeRollout(40), context(makeRollout(40)), 'new', 'ramp:x', owes);
    expect(begun.kind === 'write' && begun.next.owes).to.deep.equal(['before_promote', 'after_revert']);
    const pending = makeRollout(0, { owes: ['before_start'] });
    const fresh = retarget(pending, context(pending), 'new', 'ramp:x', owes);
    expect(fresh.kind === 'write' && fresh.next.owes).to.deep.equal(owes);
  });
  it('resume after a hand-edited resolver adopts its filter, or puts ours back while the subset carries nothing', () => {
    const state: State = { phase: 'Paused', reason: 'Drift', step: 1 };
    const entry = {
      Kind: 'service-resolver',
      Subsets: { blue: { Filter: 'Service.Meta.version == "2"' }, green: { Filter: 'x == "9"' } },
    };
    const told = (percent: number, choice: 'adopt' | 'reassert' | undefined) => {
      const rollout = makeRollout(percent, { state });
      const seen = makeSeen(rollout, { resolver: stored(entry, 12) });
      return resume(rollout, { ...context(rollout, seen), plan: makePlan() }, choice, 4);
    };
    expect(told(10, undefined).kind).to.equal('refused');
    const adopted = told(10, 'adopt');
    expect(adopted.kind === 'write' && [adopted.next.adopted, adopted.next.state.phase]).to.deep.equal([
      { green: 'x == "9"' },
      'Pending',
    ]);
    const weighted = told(10, 'reassert');
    expect(weighted.kind === 'refused' && weighted.message).to.match(/carries 10%/);
    const idle = told(0, 'reassert');
    expect(idle.kind === 'write' && idle.next.state).to.deep.equal({ phase: 'Pending', reason: 'Starting', step: 1 });
  });
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
  it('promote goes on without a hook that failed, with --full too', () => {
    const rollout = makeRollout(100, {
      state: { phase: 'Paused', reason: 'ProgramFailed', step: 4 },
      owes: ['before_promote', 'after_promote'],
    });
    for (const full of [false, true]) {
      const result = promote(rollout, context(rollout), full, 4);
      expect(result.kind === 'write' && [result.next.state.phase, result.next.owes]).to.deep.equal([
        full ? 'Promoting' : 'Baking',
        ['after_promote'],
      ]);
    }
    const paused = makeRollout(40, { state: { phase: 'Paused', reason: 'Operator', step: 1 }, owes: ['before_promote'] });
    const owed = promote(paused, context(paused), true, 4);
    expect(owed.kind === 'write' && owed.next.owes).to.deep.equal(['before_promote']);
  });
  it('undo is refused where the old subset has another version since a plan was applied', () => {
    const rollout = makeRollout(100, {
      state: { phase: 'Promoted', reason: 'BakePassed', step: 4 },
      before: 'Service.Meta.version == "1"',
    });
    const result = undo(rollout, context(rollout), 3_600_000);
    expect(result).to.deep.include({ kind: 'refused', hint: 'splitter undo payments --to 1' });
    const same = { ...rollout, before: 'Service.Meta.version == "2"' };
    expect(undo(same, context(same), 3_600_000).kind).to.equal('write');
  });

  it('undo checks that the old subset still runs and that its window is open', () => {
    const rollout = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 }, enteredAt: NOON - 1_000 });
    expect(undo(rollout, context(rollout), 500).kind).to.equal('refused');
    expect(
      undo(rollout, context(rollout, makeSeen(rollout, { instances: { blue: passing(0), green: passing(2) } })), 5_000).kind,
    ).to.equal('refused');
    const result = undo(rollout, context(rollout), 5_000);
    expect(result.kind === 'write' && [result.next.state.reason, result.next.asked]).to.deep.equal([
      'Undone',
      splitLegs('blue', 'green', 0, []),
    ]);
  });

  describe('where no instance of stable is ready', () => {
    const NOBODY = { blue: passing(0), green: passing(2) };
    const under = makeRollout(50);
    const there = (rollout: Rollout, instances: Observation['instances'], force = false): VerbContext => ({
      ...context(rollout, makeSeen(rollout, { instances })),
      force,
    });
    it('abort and supersede are refused, and name what works', () => {
      for (const verb of [abort, supersede]) {
        const result = verb(under, there(under, NOBODY));
        expect(result).to.deep.equal({
          kind: 'refused',
          message: 'no instance of blue is left: whoever is sent there fails. Nothing was written',
          hint: 'splitter promote payments --full   puts all traffic on canary;   splitter abort payments --force   takes it back all the same',
        });
      }
    });
    it('what would be refused itself is not named: nobody is on canary either', () => {
      const result = abort(under, there(under, { blue: passing(0), green: passing(0) }));
      expect(result.kind === 'refused' && result.hint).to.equal('splitter abort payments --force   takes it back all the same');
    });
    it('abort --force takes it back, and the record says so', () => {
      const result = abort(under, there(under, NOBODY, true));
      expect(result.kind === 'write' && [result.next.state.phase, result.next.message]).to.deep.equal([
        'Reverted',
        'aborted by lee by force: no instance of blue is left',
      ]);
      expect(abort(under, there(under, { blue: passing(1) }, true))).to.deep.include({ kind: 'write' });
      expect(abort(under, there(under, { blue: passing(1) }, true))).to.have.nested.property('next.message', 'aborted by lee');
    });
    it('abort works where nobody could count, and where it moves nobody', () => {
      expect(abort(under, there(under, {})).kind).to.equal('write');
      const pending = makeRollout(0, { state: { phase: 'Pending', reason: 'Starting', step: 0 } });
      expect(abort(pending, there(pending, NOBODY)).kind).to.equal('write');
      const settled = makeRollout(0, { state: { phase: 'Reverted', reason: 'Aborted', step: 0 } });
      expect(abort(settled, there(settled, NOBODY)).kind).to.equal('nothing');
    });
    it('undo is refused, and works where nobody could count', () => {
      const promoted = makeRollout(100, { state: { phase: 'Promoted', reason: 'BakePassed', step: 4 } });
      expect(undo(promoted, there(promoted, NOBODY), 5_000)).to.deep.include({
        kind: 'refused',
        message: 'no instance of blue is left: whoever is sent there fails. Nothing was written',
      });
      expect(undo(promoted, there(promoted, {}), 5_000).kind).to.equal('write');
    });
    it('resume --reassert is refused', () => {
      const drifted = makeRollout(50, { state: { phase: 'Paused', reason: 'Drift', step: 1 } });
      const seen = makeSeen(drifted, { instances: NOBODY, splitter: makeSeen(makeRollout(100)).splitter! });
      expect(resume(drifted, context(drifted, seen), 'reassert', 4).kind).to.equal('refused');
      expect(resume(drifted, context(drifted, seen), 'adopt', 4).kind).to.equal('write');
    });
    describe('and it is held for that', () => {
      const held = (stood: Standing, percent = 50) =>
        makeRollout(percent, { state: { phase: 'Paused', reason: 'StableGone', step: stood.step, stood } });
      const target = held({ phase: 'Paused', reason: 'TargetReached', step: 4 });
      it('resume is refused while stable is gone; then it stands where it stood, never at the bake of a part', () => {
        expect(resume(target, there(target, NOBODY), undefined, 4)).to.deep.include({ kind: 'refused' });
        const result = resume(target, context(target), undefined, 4);
        expect(result.kind === 'write' && result.next.state).to.deep.equal({ phase: 'Paused', reason: 'TargetReached', step: 4 });
        const operator = held({ phase: 'Paused', reason: 'Operator', step: 1 });
        const resumed = resume(operator, context(operator), undefined, 4);
        expect(resumed.kind === 'write' && resumed.next.state.phase).to.equal('Progressing');
      });
      it('promote at its target goes to all traffic, and --full too', () => {
        for (const full of [false, true]) {
          const result = promote(target, there(target, NOBODY), full, 4);
          expect(result.kind === 'write' && [result.next.state.phase, result.next.asked]).to.deep.equal([
            full ? 'Promoting' : 'Baking',
            splitLegs('blue', 'green', 10_000, []),
          ]);
        }
      });
      it('a person may pause it: then it does not go on by itself', () => {
        const result = pause(target, there(target, NOBODY));
        expect(result.kind === 'write' && result.next.state.reason).to.equal('Operator');
      });
    });
  });
});
