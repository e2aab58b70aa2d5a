import { expect } from 'chai';
import type { Plan } from '../../src/core/plan.js';
import { askedCanary, type Rollout, type State } from '../../src/core/rollout.js';
import { abort } from '../../src/core/verbs/abort.js';
import { pause } from '../../src/core/verbs/pause.js';
import { promote } from '../../src/core/verbs/promote.js';
import type { VerbContext, VerbResult } from '../../src/core/verbs/result.js';
import { resume } from '../../src/core/verbs/resume.js';
import { supersede } from '../../src/core/verbs/start.js';
import { undo } from '../../src/core/verbs/undo.js';
import { makePlan, makeRollout, makeSeen, NOON, passing, weight } from '../support/world.js';

const FREEZE = { by: 'lee', reason: 'launch', since: NOON - 5 };
const DAY = { from: '2026-11-20', to: '2026-11-22', timezone: 'UTC', reason: 'holidays' };
const NIGHT = [{ days: [1], from: 60, to: 120, timezone: 'UTC' }];

/** What holds everybody: by the switch, by the plan's own freeze, by its windows. */
const CLOSED: Readonly<Record<string, { readonly seen?: object; readonly plan?: Partial<Plan>; readonly says: RegExp }>> = {
  'the switch': { seen: { freeze: FREEZE }, says: /^payments is frozen by lee \(launch\)$/ },
  'the switch, for a while': {
    seen: { freeze: { ...FREEZE, until: NOON + 3_600_000 } },
    says: /^payments is frozen by lee \(launch\) until .*13:00 UTC$/,
  },
  'a freeze of the plan': {
    plan: { schedule: { freeze: [DAY] } },
    says: /^payments is held: its plan is frozen \(holidays\) until /,
  },
  'a closed window': {
    plan: { schedule: { windows: NIGHT } },
    says: /^payments is outside its window until /,
  },
};

const PHASES: readonly State[] = [
  { phase: 'Pending', reason: 'Starting', step: 0 },
  { phase: 'Progressing', reason: 'Stepping', step: 1 },
  { phase: 'Paused', reason: 'Operator', step: 1 },
  { phase: 'Paused', reason: 'PauseStep', step: 1 },
  { phase: 'Paused', reason: 'StepTimeout', step: 1 },
  { phase: 'Paused', reason: 'TargetReached', step: 4 },
  { phase: 'Paused', reason: 'NoData', step: 4 },
  { phase: 'Paused', reason: 'ProgramFailed', step: 1 },
  { phase: 'Paused', reason: 'ProgramFailed', step: 4 },
  { phase: 'Baking', reason: 'Watching', step: 4 },
  { phase: 'Promoting', reason: 'BakePassed', step: 4 },
  { phase: 'Promoted', reason: 'BakePassed', step: 4 },
  { phase: 'Reverting', reason: 'Undone', step: 4 },
  { phase: 'Reverted', reason: 'SignalFailed', step: 1 },
];

const UP: Readonly<Record<string, (rollout: Rollout, context: VerbContext) => VerbResult>> = {
  promote: (rollout, context) => promote(rollout, context, false, 4),
  'promote --full': (rollout, context) => promote(rollout, context, true, 4),
  resume: (rollout, context) => resume(rollout, context, undefined, 4),
};
const BACK: Readonly<Record<string, (rollout: Rollout, context: VerbContext) => VerbResult>> = {
  abort,
  pause,
  supersede,
  undo: (rollout, context) => undo(rollout, context, 3_600_000),
  'resume --adopt': (rollout, context) => resume(rollout, context, 'adopt', 4),
  'resume --reassert': (rollout, context) => resume(rollout, context, 'reassert', 4),
};

const openPause = makePlan({ steps: [weight(10), { kind: 'pause' }, weight(50), weight(100)] });

describe('what a person does while everybody is held', () => {
  for (const [what, { seen, plan, says }] of Object.entries(CLOSED))
    for (const state of PHASES) {
      const at = state.phase === 'Baking' ? 100 : 40;
      const rollout = makeRollout(at, { state });
      const context = (closed: boolean, force = false): VerbContext => ({
        service: 'payments',
        seen: makeSeen(rollout, closed ? seen : {}),
        plan: { ...openPause, ...(closed ? plan : {}) },
        by: 'dana',
        now: NOON,
        force,
      });
      const where = `${state.phase} (${state.reason}), held by ${what}`;

      for (const [name, act] of Object.entries(UP))
        it(`${name} in ${where}: takes it no further, unless by force, which is recorded`, () => {
          const open = act(rollout, context(false));
          const held = act(rollout, context(true));
          const forced = act(rollout, context(true, true));
          const advances =
            open.kind === 'write' &&
            (open.next.state.reason === 'Resumed' ||
              open.next.state.phase === 'Promoting' ||
              askedCanary(open.next) > askedCanary(rollout));
          if (!advances) {
            expect([held, forced]).to.deep.equal([open, open]);
            return;
          }
          expect(held.kind === 'refused' && held.message).to.match(says);
          expect(held.kind === 'refused' && held.hint).to.include(
            `splitter ${name} payments`.replace(' --full payments', ' payments --full'),
          );
          expect(held.kind === 'refused' && held.hint).to.match(/ --force {3}goes up all the same, and is recorded$/);
          if (forced.kind !== 'write') throw new Error(forced.message);
          expect(forced.next.message).to.match(/ \(by force: (frozen by lee|its plan is frozen|outside its window)/);
          expect({ ...forced.next, message: '' }).to.deep.equal({ ...open.next, message: '' });
        });

      for (const [name, act] of Object.entries(BACK))
        it(`${name} in ${where} is as ever`, () => {
          const drifted = name.startsWith('resume')
            ? { ...rollout, state: { ...state, phase: 'Paused', reason: 'Drift' } as State }
            : rollout;
          expect(act(drifted, context(true))).to.deep.equal(act(drifted, context(false)));
        });
    }
});

it('promote --full off a stable that is gone is held by nothing', () => {
  const rollout = makeRollout(40, { state: PHASES[1]! });
  const seen = makeSeen(rollout, { freeze: FREEZE, instances: { blue: passing(0), green: passing(2) } });
  const context = { service: 'payments', seen, plan: openPause, by: 'dana', now: NOON };
  expect(promote(rollout, context, true, 4).kind).to.equal('write');
  expect(promote(rollout, context, false, 4).kind).to.equal('refused');
});

describe('what a promote says that it moves', () => {
  const said = (percent: number, state: State, full = false, plan: Plan | undefined = openPause): string => {
    const rollout = makeRollout(percent, { state });
    const result = promote(
      rollout,
      { service: 'payments', seen: makeSeen(rollout), ...(plan && { plan }), by: 'dana', now: NOON },
      full,
      4,
    );
    return result.kind === 'write' ? result.next.message : result.message;
  };
  const ROWS: readonly (readonly [string, string])[] = [
    [said(10, { phase: 'Paused', reason: 'TargetReached', step: 4 }), 'promoted by dana: green 10% -> 100%, baking'],
    [
      said(10, { phase: 'Progressing', reason: 'Stepping', step: 1 }, true),
      'promoted in full by dana: green 10% -> 100%; steps and bake skipped',
    ],
    [said(10, { phase: 'Paused', reason: 'PauseStep', step: 1 }), 'step passed by dana: green 10% -> 50%'],
    [
      said(10, { phase: 'Progressing', reason: 'Stepping', step: 0 }),
      'step passed by dana: green stays at 10%: pause until a person resumes comes next',
    ],
    [said(0, { phase: 'Pending', reason: 'Starting', step: 0 }), 'step passed by dana: green 0% -> 10%'],
    [said(50, { phase: 'Progressing', reason: 'Stepping', step: 2 }), 'step passed by dana: green 50% -> 100%'],
    [
      said(100, { phase: 'Progressing', reason: 'Stepping', step: 3 }),
      'step passed by dana: green stays at 100%: the bake of 1m comes next',
    ],
    [said(100, { phase: 'Baking', reason: 'Watching', step: 4 }), 'step passed by dana: green stays at 100%: its bake ends'],
    [
      said(20, { phase: 'Progressing', reason: 'Stepping', step: 0 }, false, makePlan({ steps: [weight(20)] })),
      'step passed by dana: green stays at 20%: that was its last step',
    ],
  ];
  for (const [is, should] of ROWS)
    it(should, () => {
      expect(is).to.equal(should);
    });
});
