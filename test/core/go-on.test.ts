import { expect } from 'chai';
import fc from 'fast-check';
import { decide } from '../../src/core/decide.js';
import type { HookName, Plan, Program } from '../../src/core/plan.js';
import type { ProgramOutcome } from '../../src/core/programs.js';
import { askedCanary, type Rollout, type Standing, type State } from '../../src/core/rollout.js';
import { routeWrite, wantedMatches } from '../../src/core/route.js';
import { promote } from '../../src/core/verbs/promote.js';
import type { VerbResult } from '../../src/core/verbs/result.js';
import { resume } from '../../src/core/verbs/resume.js';
import { makePlan, makeRollout, makeSeen, NOON, stored, weight } from '../support/world.js';

const PROGRAM: Program = { kind: 'command', command: ['./x'], timeout: 60_000 };
const held = (reason: Extract<Standing, { phase: 'Paused' }>['reason'], step = 0): State => ({ phase: 'Paused', reason, step });
const PENDING: State = { phase: 'Pending', reason: 'Starting', step: 0 };

interface Way {
  readonly verb: 'resume' | 'promote' | 'nobody';
  readonly state: State;
  readonly asked?: number;
  readonly plan?: Partial<Plan>;
  readonly owes?: readonly HookName[];
}

function act(rollout: Rollout, plan: Plan, verb: Way['verb']): VerbResult | undefined {
  const context = { service: 'payments', seen: makeSeen(rollout), by: 'lee', now: NOON, plan };
  if (verb === 'resume') return resume(rollout, context, undefined, plan.steps.length);
  return verb === 'promote' ? promote(rollout, context, false, plan.steps.length) : undefined;
}

/** The weights that are asked for after the verb, in their order, and the programs that run on the way; time passes as it has to. */
function follow({ verb, state, asked = 0, plan: change = {}, owes = [] }: Way): readonly (number | string)[] {
  const plan = makePlan({ steps: [weight(10), { kind: 'pause', for: 60_000 }, weight(50)], ...change });
  let rollout = makeRollout(asked, { state, owes });
  const said = act(rollout, plan, verb);
  if (said?.kind === 'refused') return [said.message];
  if (said?.kind === 'write') rollout = said.next;
  const [seen, ran]: [(number | string)[], ProgramOutcome[]] = [[], []];
  let now = NOON;
  for (let turn = 0; turn < 40; turn++) {
    const decision = decide({ plan, rollout, seen: makeSeen(rollout), tally: '', ran, now });
    const { call, next } = decision;
    if (call !== undefined) {
      const { id, point, step } = call;
      seen.push(point);
      ran.push({ id, point, step, program: './x', ok: true, message: 'exit 0', output: '', at: now, ms: 1 });
      continue;
    }
    if (next === undefined) {
      now = decision.wakeAt;
      continue;
    }
    if (askedCanary(next) !== askedCanary(rollout)) seen.push(askedCanary(next) / 100);
    rollout = next;
    if (rollout.state.phase === 'Paused' || rollout.state.phase === 'Baking') break;
  }
  return seen;
}

describe('a rollout that was held before it could enter its step', () => {
  const table: readonly (readonly [string, Way, readonly (number | string)[]])[] = [
    ['paused while it waited for canary, resumed', { verb: 'resume', state: held('Operator') }, [10, 50]],
    ['held too long there, resumed', { verb: 'resume', state: held('StepTimeout') }, [10, 50]],
    ['drifted there, resumed', { verb: 'resume', state: held('Drift') }, [10, 50]],
    ['blind there, and it sees again', { verb: 'nobody', state: held('SignalError') }, [10, 50]],
    ['waits there, promoted', { verb: 'promote', state: PENDING }, [10, 50]],
    ['paused there, promoted', { verb: 'promote', state: held('Operator') }, [10, 50]],
    [
      'a ramp that goes on from 20%, blind, and it sees again',
      { verb: 'nobody', state: held('SignalError'), asked: 20, plan: { steps: [weight(50)] } },
      [50],
    ],
    [
      'a ramp that goes down from 50%, paused, resumed',
      { verb: 'resume', state: held('Operator'), asked: 50, plan: { steps: [weight(20)] } },
      [20],
    ],
    ['at a weight that was asked for, it is not asked again', { verb: 'resume', state: held('Operator'), asked: 10 }, [50]],
    [
      'its first hook has not run: it runs',
      { verb: 'resume', state: held('Operator'), owes: ['before_start'], plan: { hooks: { before_start: PROGRAM } } },
      ['before_start', 10, 50],
    ],
    [
      'its first hook has not run, and a person promotes: refused',
      { verb: 'promote', state: held('Operator'), owes: ['before_start'], plan: { hooks: { before_start: PROGRAM } } },
      ['payments has not begun yet: under way'],
    ],
    [
      'its first hook failed, and a person promotes: without it, and the first weight is not skipped',
      { verb: 'promote', state: held('ProgramFailed'), owes: ['before_start'], plan: { hooks: { before_start: PROGRAM } } },
      [10, 50],
    ],
    [
      'before_step failed ahead of a weight, and a person promotes: that weight without it, the next with its own',
      {
        verb: 'promote',
        state: held('ProgramFailed', 2),
        asked: 10,
        plan: { ...steps(10, 'pause', 50, 70), hooks: { before_step: PROGRAM } },
      },
      [50, 'before_step', 70],
    ],
    [
      'before_step failed ahead of a weight, resumed: it runs again',
      {
        verb: 'resume',
        state: held('ProgramFailed', 2),
        asked: 10,
        plan: { ...steps(10, 'pause', 50), hooks: { before_step: PROGRAM } },
      },
      ['before_step', 50],
    ],
    [
      'before the testers’ route was made, resumed: the route comes first',
      {
        verb: 'resume',
        state: held('Operator'),
        plan: { ...steps('pause', 30), route: { header: { name: 'x-canary', value: '1' } } },
      },
      [],
    ],
  ];
  for (const [name, way, expected] of table) it(name, () => expect(follow(way)).to.deep.equal(expected));

  it('with sticky users, a pause at all traffic is passed: the route of stable is no longer wanted, and no beginning', () => {
    const route = { header: { name: 'x-canary', value: '1' }, sticky: { for: 60_000 } };
    const plan = makePlan({ steps: [weight(50), weight(100), { kind: 'pause' }, weight(100)], route });
    const half = makeRollout(50);
    const { entry } = routeWrite('payments', makeSeen(half), wantedMatches(plan, half))!;
    const rollout = makeRollout(100, { state: held('PauseStep', 2) });
    const seen = makeSeen(rollout, { router: stored(entry!, 30) });
    const context = { service: 'payments', seen, by: 'lee', now: NOON, plan };
    for (const said of [resume(rollout, context, undefined, 4), promote(rollout, context, false, 4)])
      expect(said.kind === 'write' && said.next.state).to.deep.equal({ phase: 'Progressing', reason: 'Resumed', step: 2 });
    const bare = { ...context, seen: makeSeen(rollout) };
    const begins = resume(rollout, bare, undefined, 4);
    expect(begins.kind === 'write' && begins.next.state.phase, 'no route at all').to.equal('Pending');
  });

  it('past its deadline: promote is refused, since what goes on is taken back; --full is done, and stays', () => {
    const rollout = makeRollout(50, { state: held('TargetReached', 4), startedAt: NOON - 3_600_000 });
    const plan = makePlan({ deadline: 60_000 });
    const context = { service: 'payments', seen: makeSeen(rollout), by: 'lee', now: NOON, plan };
    const plain = promote(rollout, context, false, 4);
    expect(plain).to.deep.equal({
      kind: 'refused',
      message: 'the deadline of 1m is over: whatever goes on now is taken back',
      hint: 'splitter promote payments --full   or   splitter abort payments',
    });
    const full = promote(rollout, context, true, 4);
    const next = full.kind === 'write' ? full.next : rollout;
    const after = decide({ plan, rollout: next, seen: makeSeen(next), tally: '', ran: [], now: NOON });
    expect([next.state.phase, after.next?.state.phase ?? after.write?.kind]).to.deep.equal(['Promoting', 'service-resolver']);
  });

  it('canary that serves nobody gets no weight by promote: it waits on', () => {
    const rollout = makeRollout(0, { state: { phase: 'Progressing', reason: 'Resumed', step: 0 } });
    const seen = makeSeen(rollout, { chain: { protocol: 'http', startsWith: 'splitter', legs: [] } });
    const { next, why } = decide({ plan: makePlan(), rollout, seen, tally: '', ran: [], now: NOON });
    expect([next, why]).to.deep.equal([undefined, "waiting until Consul's discovery chain has a target for blue"]);
  });

  it('every weight above the one it has is asked for, in its order, whatever held it and whoever lets it go on', () => {
    const weights = fc.uniqueArray(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
    const holds = fc.constantFrom(held('Operator'), held('StepTimeout'), held('SignalError'), held('Drift'), held('NoData'));
    fc.assert(
      fc.property(weights, holds, fc.constantFrom('resume' as const, 'promote' as const), (any, state, verb) => {
        fc.pre(!(verb === 'promote' && state.reason === 'Drift'));
        const up = [...any].sort((a, b) => a - b);
        expect(follow({ verb, state, plan: { steps: up.map(weight) } })).to.deep.equal(up);
      }),
    );
  });
});

function steps(...all: readonly (number | 'pause')[]): Pick<Plan, 'steps'> {
  return { steps: all.map((one) => (one === 'pause' ? { kind: 'pause', for: 60_000 } : weight(one))) };
}
