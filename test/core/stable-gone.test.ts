import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import type { Decision, Situation } from '../../src/core/decision.js';
import { DEFAULTS } from '../../src/core/defaults.js';
import { legsOf, metaOf } from '../../src/core/entries.js';
import { appendEntry, emptyHistory, lastKnown, logEntry } from '../../src/core/history.js';
import { splitLegs, weightOf } from '../../src/core/legs.js';
import type { Instances, Observation } from '../../src/core/observation.js';
import type { EnvoySignal, Plan, Policies } from '../../src/core/plan.js';
import { readRecord } from '../../src/core/record.js';
import type { RevertReason, Rollout, Standing } from '../../src/core/rollout.js';
import { routeWrite, wantedMatches } from '../../src/core/route.js';
import { applyWrite, finding, makePlan, makeRollout, makeSeen, NOON, passing, weight } from '../support/world.js';

const errors: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 };
const on = (change: Partial<Policies>): Pick<Plan, 'on'> => ({ on: { ...DEFAULTS.on, ...change } });
const at = (step: number): Standing => ({ phase: 'Progressing', reason: 'Stepping', step });
const failed = { findings: [finding('errors', 'Failed')] };
const program = { kind: 'command', command: ['./smoke.sh'], timeout: 60_000 } as const;
const group = { name: 'shop', services: ['payments', 'stock'] };

/** One automatic way back: how the rollout stands, and what takes it back. */
interface Way {
  readonly state: Standing;
  readonly reason: RevertReason;
  readonly percent?: number;
  readonly plan?: Partial<Plan>;
  readonly seen?: Partial<Observation>;
  readonly rollout?: Partial<Rollout>;
  readonly situation?: Partial<Situation>;
  /** What takes the harm away, where the world can. */
  readonly mended?: Partial<Observation>;
}

const signal = { plan: { signals: [errors] }, seen: failed, mended: { findings: [finding('errors', 'Successful')] } };
const late = { enteredAt: NOON - 3_600_000 };
const WAYS: Readonly<Record<string, Way>> = {
  'a failed signal': { state: at(0), reason: 'SignalFailed', ...signal },
  'a failed signal while a person has paused it': {
    state: { phase: 'Paused', reason: 'Operator', step: 0 },
    reason: 'SignalFailed',
    ...signal,
  },
  'a failed signal at the target': {
    state: { phase: 'Paused', reason: 'TargetReached', step: 4 },
    reason: 'SignalFailed',
    ...signal,
  },
  'a failed signal while it waits for another one': {
    state: { phase: 'Paused', reason: 'SignalError', step: 0 },
    reason: 'SignalFailed',
    ...signal,
  },
  'a failed signal during the bake': {
    state: { phase: 'Baking', reason: 'Watching', step: 4 },
    reason: 'SignalFailed',
    percent: 100,
    ...signal,
  },
  'a failed signal while it is promoted': {
    state: { phase: 'Promoting', reason: 'BakePassed', step: 4 },
    reason: 'SignalFailed',
    percent: 100,
    ...signal,
  },
  'the deadline': { state: at(1), reason: 'DeadlineExceeded', plan: { deadline: 60_000 } },
  'the deadline at a pause': {
    state: { phase: 'Paused', reason: 'PauseStep', step: 1 },
    reason: 'DeadlineExceeded',
    plan: { deadline: 60_000 },
  },
  'a step that takes too long': {
    state: at(0),
    reason: 'StepTimeout',
    plan: { stepTimeout: 60_000 },
    seen: { agreement: 'differs' },
    rollout: late,
    mended: { agreement: 'agrees' },
  },
  'a wait for instances that do not come': {
    state: at(0),
    reason: 'StepTimeout',
    plan: { steps: [{ kind: 'wait', healthy: 5, deadline: 1_000 }, weight(100)] },
    rollout: late,
  },
  'an open pause that nobody resumes': {
    state: { phase: 'Paused', reason: 'PauseStep', step: 0 },
    reason: 'StepTimeout',
    plan: { steps: [{ kind: 'pause', deadline: 1_000 }, weight(100)] },
    rollout: late,
  },
  'no data': {
    state: at(1),
    reason: 'NoData',
    plan: { signals: [errors], ...on({ noData: 'revert' }) },
    seen: { findings: [finding('errors', 'Inconclusive', { samples: 0 })] },
    rollout: late,
  },
  'a signal that cannot be measured': {
    state: at(1),
    reason: 'SignalError',
    plan: { signals: [errors], ...on({ signalError: 'revert' }) },
    seen: { findings: [finding('errors', 'Error')] },
    rollout: late,
  },
  'a program that failed': {
    state: at(0),
    reason: 'RunFailed',
    plan: { steps: [{ kind: 'run', program, onFailure: 'revert' }, weight(100)] },
    situation: {
      ran: [
        {
          id: `01JDK7Q0000000000000000000:run:0:${NOON}`,
          point: 'run',
          step: 0,
          program: './smoke.sh',
          ok: false,
          message: 'exit 1',
          output: '',
          at: NOON,
          ms: 5,
        },
      ],
    },
  },
  'a canary without instances': {
    state: at(0),
    reason: 'NoInstances',
    seen: { instances: { green: passing(0) } },
    mended: { instances: { green: passing(2) } },
  },
  'a group whose other member went back': {
    state: at(0),
    reason: 'GroupReverted',
    plan: { group },
    rollout: { group: 'shop' },
    seen: {
      peers: [
        {
          service: 'stock',
          rollout: makeRollout(0, {
            group: 'shop',
            state: { phase: 'Reverted', reason: 'SignalFailed', step: 0 },
            enteredAt: NOON - 60_000,
          }),
        },
      ],
    },
  },
  'another site of its waves': {
    state: at(0),
    reason: 'WaveReverted',
    seen: { undo: 'home was taken back' },
  },
  'a driver that is gone': {
    state: at(1),
    reason: 'DriverLost',
    plan: on({ driverLost: 'revert' }),
    situation: { lostDriver: 'ramp:dana:1' },
  },
};

const GONE: Readonly<Record<string, readonly [Instances, RegExp]>> = {
  'no instance': [passing(0), /^no instance of blue is left/],
  'critical ones only': [{ passing: 0, warning: 0, critical: 2 }, /^all 2 instances of blue are critical/],
  'one in warning, and OnlyPassing': [
    { passing: 0, warning: 1, critical: 0, skipped: 1 },
    /^all 1 instances of blue are in warning, which Consul sends nothing to \(OnlyPassing/,
  ],
  'a critical one and one in warning that gets nothing': [
    { passing: 0, warning: 1, critical: 1, skipped: 1 },
    /^of 2 instances of blue 1 are critical and 1 in warning/,
  ],
};
const THERE: Readonly<Record<string, Instances | undefined>> = {
  'a passing one': passing(1),
  'one in warning that gets its share': { passing: 0, warning: 1, critical: 0 },
  'two in warning of which one gets its share': { passing: 0, warning: 2, critical: 5, skipped: 1 },
  'a count that nobody could read': undefined,
};

function situationOf(way: Way, blue: Instances | undefined, change: Partial<Observation> = {}): Situation {
  const rollout = makeRollout(way.percent ?? 50, { state: way.state, ...way.rollout });
  const seen = { ...way.seen, ...change };
  const instances = { green: passing(2), ...seen.instances, ...(blue === undefined ? {} : { blue }) };
  return {
    plan: makePlan(way.plan),
    rollout,
    seen: makeSeen(rollout, { ...seen, instances }),
    tally: 'tally',
    ran: [],
    now: NOON,
    ...way.situation,
  };
}

/** The same situation once a decision is stored, with stable as it is then. */
function later(
  way: Way,
  situation: Situation,
  decision: Decision,
  blue: Instances | undefined,
  change: Partial<Observation> = {},
) {
  const stored = applyWrite(situation.seen, decision.write!);
  const rollout = readRecord(metaOf(stored.splitter?.entry))!;
  const { seen } = situationOf(way, blue, change);
  return { ...situation, rollout, seen: { ...seen, splitter: stored.splitter! }, now: NOON + 5_000 };
}

const sharesIn = (decision: Decision) => legsOf(decision.write!.entry!, 'payments');
const isBack = (phase: string | undefined): boolean => phase === 'Reverted' || phase === 'Reverting';

describe('whatever takes traffic back, by itself', () => {
  for (const [name, way] of Object.entries(WAYS)) {
    describe(name, () => {
      const percent = way.percent ?? 50;
      for (const [what, blue] of Object.entries(THERE))
        it(`goes back to a stable with ${what}`, () => {
          const { next } = decide(situationOf(way, blue));
          expect([isBack(next?.state.phase), next?.state.reason]).to.deep.equal([true, way.reason]);
          expect(weightOf(next!.asked, 'blue')).to.equal(10_000);
        });
      for (const [what, [blue, says]] of Object.entries(GONE))
        it(`holds, with its weights, at a stable with ${what}`, () => {
          const held = decide(situationOf(way, blue));
          expect(held.next?.state).to.deep.equal({
            phase: 'Paused',
            reason: 'StableGone',
            step: way.state.step,
            stood: way.state,
          });
          expect(sharesIn(held)).to.deep.equal(splitLegs('blue', 'green', percent * 100, []));
          expect(held.next?.message).to.match(says);
        });
      it('writes that once, tells it to whoever reads the record or only the log, and then stands still', () => {
        const situation = situationOf(way, passing(0));
        const held = decide(situation);
        const then = later(way, situation, held, passing(0));
        expect(then.rollout.state).to.deep.equal(held.next?.state);
        const history = appendEntry(emptyHistory('payments', held.next!.id), logEntry(held.next!, NOON, [], 1, 2));
        expect(lastKnown(history)?.state).to.deep.equal(held.next?.state);
        const still = decide(then);
        expect([still.write, still.call, still.why]).to.deep.equal([undefined, undefined, held.next?.message]);
      });
      it('goes back by itself as soon as stable is there, for its own reason', () => {
        const situation = situationOf(way, passing(0));
        const { next } = decide(later(way, situation, decide(situation), passing(1)));
        expect([isBack(next?.state.phase), next?.state.reason]).to.deep.equal([true, way.reason]);
      });
      if (way.mended !== undefined)
        for (const [what, blue] of [
          ['there', passing(1)],
          ['gone still', passing(0)],
        ] as const)
          it(`goes on as it stood when the harm is over, stable ${what}, and moves nobody`, () => {
            const situation = situationOf(way, passing(0));
            const decision = decide(later(way, situation, decide(situation), blue, way.mended));
            expect(decision.next?.state).to.deep.equal(way.state);
            expect(decision.next?.enteredAt).to.equal(situation.rollout.enteredAt);
            expect(sharesIn(decision)).to.deep.equal(splitLegs('blue', 'green', percent * 100, []));
          });
    });
  }

  it('goes back where that moves nobody: canary has nothing yet', () => {
    const way: Way = { state: { phase: 'Pending', reason: 'Starting', step: 0 }, reason: 'DeadlineExceeded', percent: 0 };
    const { next } = decide(situationOf({ ...way, plan: { deadline: 60_000 } }, passing(0)));
    expect(next?.state.reason).to.equal('DeadlineExceeded');
  });
  it('holds where testers would be moved by their route, at a weight of 0', () => {
    const plan = { signals: [errors], route: { header: { name: 'x-canary', value: '1' } } };
    const situation = situationOf({ state: at(0), reason: 'SignalFailed', percent: 0, plan, seen: failed }, passing(0));
    const route = routeWrite('payments', situation.seen, wantedMatches(situation.plan, situation.rollout))!;
    const routed = { ...situation, seen: applyWrite(situation.seen, route) };
    expect(decide(routed).next?.state.reason).to.equal('StableGone');
    const there = { ...routed.seen, instances: { blue: passing(1), green: passing(2) } };
    expect(decide({ ...routed, seen: there }).next?.state.phase).to.equal('Reverting');
  });
  it('is looked at for its deadline, however long its step is', () => {
    const { plan, ...more } = situationOf({ state: at(1), reason: 'DeadlineExceeded' }, passing(1));
    const steps = [weight(50), { kind: 'pause', for: 86_400_000 } as const];
    expect(decide({ ...more, plan: { ...plan, steps, deadline: 3_605_000 } }).wakeAt).to.equal(NOON + 5_000);
  });
  it('writes nothing where somebody deleted the splitter', () => {
    const situation = situationOf(WAYS['the deadline']!, passing(0));
    const { splitter: _, ...seen } = situation.seen;
    expect(decide({ ...situation, seen }).write).to.equal(undefined);
  });
  it('keeps a promotion that a group or another site wants back', () => {
    for (const name of ['a group whose other member went back', 'another site of its waves']) {
      const state: Standing = { phase: 'Promoted', reason: 'BakePassed', step: 4 };
      const decision = decide(situationOf({ ...WAYS[name]!, state, percent: 100 }, passing(0)));
      expect([decision.write, decision.why.startsWith('no instance of blue is left')]).to.deep.equal([undefined, true]);
    }
  });
  it('says of a stable that is gone that nothing could go back, also where nothing has to', () => {
    const baking: Standing = { phase: 'Baking', reason: 'Watching', step: 4 };
    const decision = decide(situationOf({ state: baking, reason: 'SignalFailed', percent: 100 }, passing(0)));
    expect(decision.why).to.equal('baking: a bad signal still reverts; no instance of blue is left, so nothing could go back');
  });
});

describe('whatever else gives a subset more', () => {
  const gone = passing(0);
  it('a person who goes down to a weight waits for stable', () => {
    const state: Standing = { phase: 'Pending', reason: 'Starting', step: 0 };
    const down = decide(situationOf({ state, reason: 'Aborted', plan: { steps: [weight(0)] } }, gone));
    expect([down.write, down.why]).to.deep.equal([
      undefined,
      'no instance of blue is left; no instance of blue is left, so nothing could go back',
    ]);
  });
  it('drift is not put back onto nobody, and is where somebody is there', () => {
    const way: Way = { state: at(1), reason: 'Aborted', plan: on({ drift: 'reassert' }) };
    const theirs = (blue: Instances) => {
      const situation = situationOf(way, blue);
      const all = makeSeen(makeRollout(100)).splitter!;
      return decide({ ...situation, seen: { ...situation.seen, splitter: all } });
    };
    expect(theirs(gone).next?.state.reason).to.equal('Drift');
    expect(theirs(gone).next?.message).to.match(/ours is not put back: no instance of blue is left$/);
    expect(sharesIn(theirs(gone))).to.deep.equal(splitLegs('blue', 'green', 10_000, []));
    expect(sharesIn(theirs(passing(1)))).to.deep.equal(splitLegs('blue', 'green', 5_000, []));
  });
  it('what somebody wrote after a revert stays where stable is gone since', () => {
    const rollout = makeRollout(0, { state: { phase: 'Reverting', reason: 'Aborted', step: 0 } });
    const seen = makeSeen(rollout, {
      splitter: makeSeen(makeRollout(100)).splitter!,
      instances: { blue: gone, green: passing(1) },
    });
    const decision = decide({ plan: makePlan(), rollout, seen, tally: '', ran: [], now: NOON });
    expect([decision.write, decision.why]).to.deep.equal([
      undefined,
      'no instance of blue is left, so what somebody else wrote stays',
    ]);
  });
});
