import { expect } from 'chai';
import fc from 'fast-check';
import { emptyHistory, type History, type LogEntry, logEntry } from '../../src/core/history.js';
import { afterGap, noticesOf } from '../../src/core/notice.js';
import type { Rollout, Standing, State } from '../../src/core/rollout.js';
import { finding, makePlan, makeRollout, NOON } from '../support/world.js';

const entry = (seq: number, state: State, percent: number, change: Partial<Rollout> = {}): LogEntry =>
  logEntry(makeRollout(percent, { seq, state, message: `why ${seq}`, ...change }), NOON + seq, [], 0, seq);

const historyOf = (entries: readonly LogEntry[]): History => ({
  ...emptyHistory('payments', '01A'),
  plans: { abc: { plan: makePlan({ datacenter: 'dc1' }), source: 'plan.yaml' } },
  entries,
});

const pending: State = { phase: 'Pending', reason: 'Starting', step: 0 };
const stepping = (step = 0): State => ({ phase: 'Progressing', reason: 'Stepping', step });
const paused = (reason: Extract<Standing, { phase: 'Paused' }>['reason']): State => ({ phase: 'Paused', reason, step: 1 });
const baking: State = { phase: 'Baking', reason: 'Watching', step: 4 };
const promoting: State = { phase: 'Promoting', reason: 'BakePassed', step: 4 };
const promoted: State = { phase: 'Promoted', reason: 'BakePassed', step: 4 };
const reverting: State = { phase: 'Reverting', reason: 'SignalFailed', step: 1 };
const reverted: State = { phase: 'Reverted', reason: 'SignalFailed', step: 1 };

describe('the notices of a decision log', () => {
  const cases: readonly {
    name: string;
    log: readonly (readonly [State, number, Partial<Rollout>?])[];
    told: readonly string[];
  }[] = [
    {
      name: 'a rollout from its start to its promotion',
      log: [
        [pending, 0],
        [stepping(), 10],
        [stepping(1), 10],
        [stepping(2), 50],
        [baking, 100],
        [promoting, 100],
        [promoted, 100],
        [promoted, 100],
      ],
      told: [
        '1 started payments: rollout of green "3" started',
        '2 step payments: green "3" 0% -> 10%',
        '4 step payments: green "3" 10% -> 50%',
        '5 step payments: green "3" 50% -> 100%',
        '7 promoted payments: green "3" is promoted',
      ],
    },
    {
      name: 'saved evidence and the clean-up of a revert are no news',
      log: [
        [pending, 0],
        [stepping(), 10],
        [stepping(), 10],
        [reverting, 0],
        [reverting, 0],
        [reverted, 0],
        [reverted, 0],
      ],
      told: [
        '1 started payments: rollout of green "3" started',
        '2 step payments: green "3" 0% -> 10%',
        '4 reverted payments is reverted to blue "2" (SignalFailed)',
      ],
    },
    {
      name: 'planned pauses, trouble, and going on',
      log: [
        [pending, 0],
        [paused('PauseStep'), 10],
        [stepping(1), 10],
        [paused('NoData'), 10],
        [paused('Drift'), 10],
        [paused('Operator'), 10],
        [paused('TargetReached'), 20],
      ],
      told: [
        '1 started payments: rollout of green "3" started',
        '2 paused payments is paused with green "3" at 10% (PauseStep)',
        '3 resumed payments: green "3" goes on at 10%',
        '4 held payments is held with green "3" at 10% (NoData)',
        '5 held payments is held with green "3" at 10% (Drift)',
        '6 paused payments is paused with green "3" at 10% (Operator)',
        '7 paused payments is paused with green "3" at 20% (TargetReached)',
      ],
    },
    {
      name: 'another plan, a way given to a new rollout, an abort after it',
      log: [
        [pending, 0],
        [stepping(), 10],
        [pending, 10, { plan: 'other' }],
        [{ phase: 'Superseded', reason: 'NewRollout', step: 0 }, 0],
        [{ phase: 'Reverted', reason: 'Aborted', step: 0 }, 0],
      ],
      told: [
        '1 started payments: rollout of green "3" started',
        '2 step payments: green "3" 0% -> 10%',
        '3 started payments: green goes on from 10%',
        '4 superseded payments: the rollout of green "3" gave way to a new one',
      ],
    },
    {
      name: 'an undone promotion',
      log: [
        [promoted, 100],
        [{ phase: 'Reverted', reason: 'Undone', step: 4 }, 0],
      ],
      told: ['1 promoted payments: green "3" is promoted', '2 reverted payments is reverted to blue "2" (Undone)'],
    },
  ];
  for (const { name, log, told } of cases) {
    it(`tell ${name}`, () => {
      const history = historyOf(log.map(([state, percent, change], i) => entry(i + 1, state, percent, change)));
      expect(noticesOf(history, 0).map(({ seq, kind, title }) => `${seq} ${kind} ${title}`)).to.deep.equal(told);
    });
  }

  it('say who, why, where it stands, the evidence against it first, and what to type next', () => {
    const bad = finding('errors', 'Failed');
    const last = {
      ...entry(2, reverted, 0),
      findings: [finding('slow', 'Successful'), finding('try', 'Failed', { dryRun: true }), bad],
    };
    const [notice] = noticesOf(historyOf([entry(1, stepping(), 10), last]), 1);
    expect(notice).to.include({
      service: 'payments',
      datacenter: 'dc1',
      sentence: 'why 2',
      by: 'dana',
      next: 'splitter history payments',
    });
    expect(notice!.evidence.map(({ signal }) => signal)).to.deep.equal(['errors', 'slow']);
    expect(notice!.weights).to.deep.equal([
      { subset: 'blue', weight: 10_000 },
      { subset: 'green', weight: 0 },
    ]);
  });

  const state = fc.constantFrom<State>(
    pending,
    stepping(),
    paused('Operator'),
    paused('Drift'),
    baking,
    promoting,
    promoted,
    reverting,
    reverted,
  );
  const log = fc
    .array(fc.tuple(state, fc.constantFrom(0, 10, 50), fc.integer({ min: 1, max: 3 })), { maxLength: 20 })
    .map((steps) => {
      const seqAt = (i: number): number => steps.slice(0, i + 1).reduce((sum, [, , by]) => sum + by, 0);
      return historyOf(steps.map(([one, percent], i) => entry(seqAt(i), one, percent)));
    });

  it('are the same from wherever one goes on, in the order of the log', () => {
    fc.assert(
      fc.property(log, fc.nat(60), (history, after) => {
        const all = noticesOf(history, 0);
        expect(all.map(({ seq }) => seq)).to.deep.equal(all.map(({ seq }) => seq).sort((a, b) => a - b));
        expect(noticesOf(history, after)).to.deep.equal(all.filter(({ seq }) => seq > after));
      }),
    );
  });

  it('know the first entry that something is missing before', () => {
    fc.assert(
      fc.property(log, fc.nat(60), (history, after) => {
        const known = new Set(history.entries.map(({ seq }) => seq));
        const expected = history.entries.find(({ seq }) => seq - 1 > after && !known.has(seq - 1));
        expect(afterGap(history, after)?.seq).to.equal(expected?.seq);
      }),
    );
  });
});
