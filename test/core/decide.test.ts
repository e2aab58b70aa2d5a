import { expect } from 'chai';
import { decide } from '../../src/core/decide.js';
import type { Situation } from '../../src/core/decision.js';
import { legsOf, metaOf, subsetsOf } from '../../src/core/entries.js';
import { splitLegs, weightOf } from '../../src/core/legs.js';
import type { EnvoySignal } from '../../src/core/plan.js';
import { readRecord } from '../../src/core/record.js';
import type { State } from '../../src/core/rollout.js';
import type { Finding } from '../../src/core/verdict.js';
import { applyWrite, finding, makePlan, makeRollout, makeSeen, NOON, passing, stored, weight } from '../support/world.js';

const errors: EnvoySignal = { name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 };

function situation(
  percent: number,
  state: State,
  change: {
    plan?: Partial<Situation['plan']>;
    seen?: Partial<Situation['seen']>;
    rollout?: object;
    ran?: Situation['ran'];
    now?: number;
  } = {},
): Situation {
  const rollout = makeRollout(percent, { state, ...change.rollout });
  return {
    plan: makePlan(change.plan),
    rollout,
    seen: makeSeen(rollout, change.seen),
    tally: 'tally',
    ran: change.ran ?? [],
    now: change.now ?? NOON,
  };
}

const at = (step: number): State => ({ phase: 'Progressing', reason: 'Stepping', step });
const watched = { plan: { signals: [errors] } };

describe('decide, step by step', () => {
  it('waits in Pending until the compiled chain has both legs', () => {
    const decision = decide(
      situation(
        0,
        { phase: 'Pending', reason: 'Starting', step: 0 },
        { seen: { chain: { protocol: 'http', startsWith: 'resolver', legs: [{ subset: '', weight: 10_000 }] } } },
      ),
    );
    expect(decision.write).to.equal(undefined);
    expect(decision.why).to.match(/chain has a target for blue/);
  });
  it('waits in Pending until canary has a passing sidecar', () => {
    const decision = decide(
      situation(
        0,
        { phase: 'Pending', reason: 'Starting', step: 0 },
        { seen: { instances: { blue: passing(1), green: { passing: 0, warning: 0, critical: 1 } } } },
      ),
    );
    expect([decision.write, decision.why]).to.deep.equal([
      undefined,
      'waiting for a passing sidecar of green: no instance matches its filter and passes its checks',
    ]);
  });
  it('gives the sidecars a second to learn where canary runs', () => {
    const pending = { phase: 'Pending', reason: 'Starting', step: 0 } as const;
    const fresh = decide(situation(0, pending, { seen: { servingSince: { green: NOON - 400 } } }));
    expect([fresh.write, fresh.why]).to.deep.equal([undefined, 'giving the sidecars a second to learn where green runs']);
    expect(decide(situation(0, pending, { seen: { servingSince: { green: NOON - 1_000 } } })).next?.state.phase).to.equal(
      'Progressing',
    );
  });
  it('does not wait for an instance where the first step brings it up, or waits for it itself', () => {
    const pending = { phase: 'Pending', reason: 'Starting', step: 0 } as const;
    const seen = { instances: { blue: passing(1) } };
    const program = { kind: 'command', command: ['./scale.sh'], timeout: 1_000 } as const;
    const weight = { kind: 'weight', to: 1_000 } as const;
    for (const first of [
      { kind: 'run', program, onFailure: 'hold' } as const,
      { kind: 'wait', healthy: 1, deadline: 1_000 } as const,
    ])
      expect(decide(situation(0, pending, { plan: { steps: [first, weight] }, seen })).next?.state, first.kind).to.deep.equal(
        at(0),
      );
    const routed = {
      steps: [{ kind: 'wait', healthy: 1, deadline: 1_000 }, weight],
      route: { header: { name: 'x', value: '1' } },
    } as const;
    expect(decide(situation(0, pending, { plan: routed, seen })).why).to.match(/waiting for a passing sidecar of green/);
    const deploys = { ...routed, steps: [{ kind: 'run', program, onFailure: 'hold', deploys: true }, weight] } as const;
    const decision = decide(situation(0, pending, { plan: deploys, seen }));
    expect(decision.why, 'a step that says that it deploys').to.equal('requests with x: 1 go to green');
  });
  it('gives the sidecars that second also between a step that brought the first instance and the weight after it', () => {
    const steps = [
      { kind: 'wait', healthy: 1, deadline: 60_000 },
      { kind: 'weight', to: 1_000 },
    ] as const;
    const seen = { instances: { blue: passing(1), green: passing(1) }, servingSince: { green: NOON - 400 } };
    const fresh = decide(situation(0, at(0), { plan: { steps }, seen }));
    expect([fresh.write, fresh.why]).to.deep.equal([undefined, 'giving the sidecars a second to learn where green runs']);
    const later = decide(situation(0, at(0), { plan: { steps }, seen, now: NOON + 600 }));
    expect(later.next?.state).to.deep.equal(at(1));
  });
  it('enters the first weight when the mesh is ready', () => {
    const { next } = decide(situation(0, { phase: 'Pending', reason: 'Starting', step: 0 }));
    expect([next?.state, next && weightOf(next.asked, 'green'), next?.seq, next?.tally]).to.deep.equal([
      at(0),
      1_000,
      8,
      'tally',
    ]);
  });
  it('does not leave a weight that the sidecars have not got yet', () => {
    expect(decide(situation(10, at(0), { seen: { agreement: 'pending' } })).write).to.equal(undefined);
    const differs = decide(situation(10, at(0), { seen: { agreement: 'differs', observed: { blue: 10_000, green: 0 } } }));
    expect(differs.why).to.equal('the sidecars do not follow: asked for blue 90%, green 10%, observed blue 100%, green 0%');
  });
  it('leaves a weight that is in force, and goes on where no sidecar can be read', () => {
    for (const agreement of ['agrees', 'unknown'] as const)
      expect(decide(situation(10, at(0), { seen: { agreement } })).next?.state).to.deep.equal(at(1));
  });
  it('waits out a pause, to the millisecond', () => {
    expect(decide(situation(10, at(1), { now: NOON + 59_999 })).wakeAt).to.equal(NOON + 60_000);
    expect(decide(situation(10, at(1), { now: NOON + 60_000 })).next?.asked).to.deep.equal(splitLegs('blue', 'green', 5_000, []));
  });
  it('holds an open pause for a person, and goes on when one has said so', () => {
    const plan = { steps: [weight(10), { kind: 'pause' } as const, weight(20)] };
    expect(decide(situation(10, at(0), { plan })).next?.state).to.deep.equal({ phase: 'Paused', reason: 'PauseStep', step: 1 });
    expect(decide(situation(10, { phase: 'Paused', reason: 'PauseStep', step: 1 }, { plan })).write).to.equal(undefined);
    expect(decide(situation(10, { phase: 'Progressing', reason: 'Resumed', step: 1 }, { plan })).next?.state).to.deep.equal(
      at(2),
    );
  });
  it('waits for instances, and takes it back when they do not come', () => {
    const plan = { steps: [{ kind: 'wait', healthy: 3, deadline: 30_000 } as const, weight(100)] };
    expect(decide(situation(0, at(0), { plan })).why).to.match(/waiting for 3 ready instances of green: 2 so far/);
    expect(
      decide(situation(0, at(0), { plan, seen: { instances: { blue: passing(2), green: passing(3) } } })).next?.state,
    ).to.deep.equal(at(1));
    expect(decide(situation(0, at(0), { plan, now: NOON + 30_000 })).next?.state).to.deep.equal({
      phase: 'Reverted',
      reason: 'StepTimeout',
      step: 0,
    });
  });
  it('ends below 100% as TargetReached, and at 100% begins the bake', () => {
    expect(decide(situation(50, at(0), { plan: { steps: [weight(50)] } })).next?.state).to.deep.equal({
      phase: 'Paused',
      reason: 'TargetReached',
      step: 1,
    });
    expect(decide(situation(100, at(0), { plan: { steps: [weight(100)] } })).next?.state).to.deep.equal({
      phase: 'Baking',
      reason: 'Watching',
      step: 1,
    });
  });
  it('promotes after the bake: record, default subset, record', () => {
    const baking = situation(100, { phase: 'Baking', reason: 'Watching', step: 4 }, { now: NOON + 60_000 });
    expect(decide(baking).next?.state.phase).to.equal('Promoting');
    const promoting = situation(100, { phase: 'Promoting', reason: 'BakePassed', step: 4 });
    const write = decide(promoting).write;
    expect([write?.kind, write?.entry?.DefaultSubset, write?.cas, write?.entry?.ModifyIndex]).to.deep.equal([
      'service-resolver',
      'green',
      10,
      undefined,
    ]);
    const resolver = stored({ ...promoting.seen.resolver?.entry, DefaultSubset: 'green' }, 11);
    const promoted = decide({ ...promoting, seen: { ...promoting.seen, resolver } }).next;
    expect([promoted?.state.phase, promoted?.before]).to.deep.equal(['Promoted', 'Service.Meta.version == "2"']);
  });
  it('keeps further legs through every weight and a revert', () => {
    const extra = [{ subset: 'dark', weight: 500 }];
    const asked = splitLegs('blue', 'green', 1_000, extra);
    const up = decide(situation(10, at(1), { rollout: { asked }, now: NOON + 60_000 }));
    expect(up.next?.asked).to.deep.equal(splitLegs('blue', 'green', 5_000, extra));
    const down = decide(
      situation(10, at(1), { rollout: { asked }, seen: { instances: { blue: passing(1), green: passing(0) } } }),
    );
    expect(down.next?.asked).to.deep.equal([
      { subset: 'blue', weight: 9_500 },
      { subset: 'green', weight: 0 },
      { subset: 'dark', weight: 500 },
    ]);
  });
  it('does not fall back to lower steps when it began above them', () => {
    const plan = { steps: [weight(10), weight(20), weight(50)] };
    expect(decide(situation(30, { phase: 'Pending', reason: 'Starting', step: 0 }, { plan })).next?.asked).to.deep.equal(
      splitLegs('blue', 'green', 5_000, []),
    );
  });
});

describe('decide, on evidence', () => {
  const plan = { ...watched.plan, steps: [weight(10), weight(50)] };
  it('reverts in one write when a signal has failed, whatever the phase', () => {
    const states: State[] = [
      { phase: 'Pending', reason: 'Starting', step: 0 },
      at(0),
      { phase: 'Paused', reason: 'Operator', step: 0 },
      { phase: 'Paused', reason: 'Drift', step: 0 },
      { phase: 'Baking', reason: 'Watching', step: 2 },
      { phase: 'Promoting', reason: 'BakePassed', step: 2 },
    ];
    for (const state of states) {
      const { write, next } = decide(situation(10, state, { plan, seen: { findings: [finding('errors', 'Failed')] } }));
      expect([next?.state.phase, next?.state.reason, next?.message]).to.deep.equal([
        'Reverted',
        'SignalFailed',
        'errors: Failed with numbers',
      ]);
      expect(legsOf(write?.entry ?? {}, 'payments')).to.deep.equal(splitLegs('blue', 'green', 0, []));
    }
  });
  it('reverts at once when no instance is left, and says whether they are gone or critical', () => {
    const gone = decide(situation(50, at(0), { seen: { instances: { blue: passing(1), green: passing(0) } } }));
    const critical = decide(
      situation(50, at(0), { seen: { instances: { blue: passing(1), green: { passing: 0, warning: 0, critical: 2 } } } }),
    );
    expect([gone.next?.message, critical.next?.message]).to.deep.equal([
      'no instance of green is left while it had 50% of the traffic',
      'all 2 instances of green are critical while it had 50% of the traffic',
    ]);
  });
  it('holds, and does not revert, when stable is worse', () => {
    const decision = decide(
      situation(10, at(0), { plan, seen: { findings: [finding('errors', 'Failed', { stableWorse: true })] } }),
    );
    expect(decision.write).to.equal(undefined);
    expect(decision.why).to.match(/blue \(stable\) is worse than green/);
  });
  it('passes over a dry run: it neither reverts nor holds, whatever it says, and counts no requests for a step', () => {
    const trial = { ...errors, name: 'trial', dryRun: true } as const;
    const two = { ...plan, signals: [errors, trial] };
    const said: Partial<Finding>[] = [
      { verdict: 'Failed' },
      { verdict: 'Error' },
      { verdict: 'Inconclusive', samples: 0 },
      { verdict: 'Inconclusive', stableWorse: true },
    ];
    for (const words of said) {
      const findings = [finding('errors', 'Successful'), finding('trial', 'Failed', { ...words, dryRun: true })];
      expect(decide(situation(10, at(0), { plan: two, seen: { findings } })).next?.state, words.verdict).to.deep.equal(at(1));
    }
    expect(
      decide(situation(10, at(0), { plan: two, seen: { findings: [finding('errors', 'Successful')] } })).next?.state,
    ).to.deep.equal(at(1));
    const steps = [weight(10), { kind: 'analyse', for: 10_000, minRequests: 500 } as const, weight(50)];
    const thin = [
      finding('errors', 'Successful', { samples: 500 }),
      finding('trial', 'Successful', { samples: 3, dryRun: true }),
    ];
    const analysed = situation(10, at(1), { plan: { ...two, steps }, seen: { findings: thin }, now: NOON + 10_000 });
    expect(decide(analysed).next?.state).to.deep.equal(at(2));
  });
  it('takes no data for no pass: it waits, then needs a person, and never reverts by itself', () => {
    const seen = { findings: [finding('errors', 'Inconclusive', { samples: 0 })] };
    expect(decide(situation(10, at(0), { plan, seen })).write).to.equal(undefined);
    expect(decide(situation(10, at(0), { plan, seen, now: NOON + 900_000 })).next?.state).to.deep.equal({
      phase: 'Paused',
      reason: 'NoData',
      step: 0,
    });
  });
  it('does with no data what the plan says', () => {
    const seen = { findings: [finding('errors', 'Inconclusive', { samples: 0 })] };
    const on = (noData: 'hold' | 'revert') => ({ ...plan, on: { ...makePlan().on, noData } });
    expect(decide(situation(10, at(0), { plan: on('hold'), seen })).next?.state).to.deep.equal({
      phase: 'Paused',
      reason: 'NoData',
      step: 0,
    });
    expect(decide(situation(10, at(0), { plan: on('revert'), seen })).next?.state).to.deep.equal({
      phase: 'Reverted',
      reason: 'NoData',
      step: 0,
    });
  });
  it('holds when a source cannot be measured, and waits for a signal that was never measured', () => {
    expect(decide(situation(10, at(0), { plan, seen: { findings: [finding('errors', 'Error')] } })).next?.state).to.deep.equal({
      phase: 'Paused',
      reason: 'SignalError',
      step: 0,
    });
    expect(decide(situation(10, at(0), { plan })).why).to.equal('errors: not measured yet');
  });
  it('needs no evidence for the first weight, since canary had no traffic to judge', () => {
    const seen = { findings: [finding('errors', 'Inconclusive', { samples: 0 })] };
    expect(decide(situation(0, { phase: 'Pending', reason: 'Starting', step: 0 }, { plan, seen })).next?.asked).to.deep.equal(
      splitLegs('blue', 'green', 1_000, []),
    );
  });
  it('passes an analysis on time, on requests and on verdicts, all three', () => {
    const analyse = { ...plan, steps: [weight(10), { kind: 'analyse', for: 10_000, minRequests: 500 } as const, weight(50)] };
    const good = (samples: number) => ({ findings: [finding('errors', 'Successful', { samples })] });
    expect(decide(situation(10, at(1), { plan: analyse, seen: good(900) })).write).to.equal(undefined);
    expect(decide(situation(10, at(1), { plan: analyse, seen: good(499), now: NOON + 10_000 })).why).to.equal(
      '499 of at least 500 requests seen on canary',
    );
    expect(decide(situation(10, at(1), { plan: analyse, seen: good(500), now: NOON + 10_000 })).next?.state).to.deep.equal(at(2));
  });
  it('ends an analysis early once the evidence is clear, where a minimum of requests says how much is enough', () => {
    const decided = (change: object, found: object, minRequests = 500) => {
      const steps = [weight(10), { kind: 'analyse', for: 10_000, minRequests, ...change } as const, weight(50)];
      const findings = [finding('errors', 'Successful', { samples: 900, clear: true, ...found })];
      return decide(situation(10, at(1), { plan: { ...plan, steps }, seen: { findings } })).next;
    };
    expect([decided({}, {})?.state, decided({}, {})?.message]).to.deep.equal([
      at(2),
      'canary green 10% -> 50% (the evidence was clear early)',
    ]);
    expect(decided({}, { clear: false }), 'not clear').to.equal(undefined);
    expect(decided({}, { samples: 499 }), 'too few').to.equal(undefined);
    expect(decided({}, {}, 0), 'no minimum: the time counts').to.equal(undefined);
    expect(decided({ early: false }, {}), 'told not to').to.equal(undefined);
  });
  it('holds for capacity: 50% needs more than one of ten instances', () => {
    const decision = decide(
      situation(10, at(0), {
        plan: { capacity: { maxRatio: 2 }, steps: [weight(10), weight(50)] },
        seen: { instances: { blue: passing(9), green: passing(1) } },
      }),
    );
    expect(decision.why).to.equal('50% is more than 2 times what 1 of 10 ready instances stand for (10%)');
  });
  it('holds where too little is seen, as the plan asks or below half, and pauses for a person; never takes it back for that', () => {
    const low = { share: 0.4, seen: 1, instances: { found: 2, read: 2 } };
    const steps = [weight(10), weight(50)];
    const at10 = (coverage: typeof low, plan = {}, change = {}) =>
      decide(situation(10, at(0), { plan: { steps, ...plan }, seen: { coverage: { green: coverage } }, ...change }));
    const asked = { coverage: { min: 0.95, onLow: 'hold' } } as const;
    expect(at10(low).next, 'the instances tell the rest').to.include({ message: 'canary green 10% -> 50%' });
    expect(at10(low, { coverage: { min: 0.95, onLow: 'report' } }).next).to.not.equal(undefined);
    expect(at10(low, asked).write).to.equal(undefined);
    expect(at10(low, asked).why).to.equal("40% of green's requests are counted by its callers, of at least 95%");
    const blind = { share: 0.1, seen: 0.3, instances: { found: 4, read: 1 } };
    expect(at10(blind).why).to.equal("30% of green's requests are seen: 10% by its callers, and 1 of 4 instances can be read");
    const on = { ...makePlan().on, stepTimeout: 'revert' } as const;
    expect(at10(low, { ...asked, on, stepTimeout: 1 }, { now: NOON + 10 }).next?.state).to.deep.equal({
      phase: 'Paused',
      reason: 'StepTimeout',
      step: 0,
    });
  });
  it('reverts at the deadline, but not from a target that somebody asked for', () => {
    const late = { plan: { deadline: 1_000 } };
    expect(decide(situation(10, at(0), late)).next?.state).to.deep.equal({
      phase: 'Reverted',
      reason: 'DeadlineExceeded',
      step: 0,
    });
    expect(decide(situation(10, { phase: 'Paused', reason: 'TargetReached', step: 4 }, late)).write).to.equal(undefined);
  });
  it('moves the default subset back when a promotion was half done', () => {
    const base = situation(100, { phase: 'Promoting', reason: 'BakePassed', step: 4 }, { plan });
    const resolver = stored({ ...base.seen.resolver?.entry, DefaultSubset: 'green' }, 11);
    const first = decide({ ...base, seen: { ...base.seen, resolver, findings: [finding('errors', 'Failed')] } });
    expect(first.next?.state).to.deep.equal({ phase: 'Reverting', reason: 'SignalFailed', step: 4 });
    const second = decide({ ...base, rollout: first.next!, seen: { ...applyWrite(base.seen, first.write!), resolver } });
    expect(second.write?.entry?.DefaultSubset).to.equal('blue');
  });
});

describe('decide, on drift', () => {
  const theirs = splitLegs('blue', 'green', 3_500, []);
  const foreign = (keepMeta: boolean, percent = 10): Partial<Situation['seen']> => {
    const rollout = makeRollout(percent);
    const entry = {
      Kind: 'service-splitter',
      Name: 'payments',
      Splits: [
        { Weight: 65, ServiceSubset: 'blue' },
        { Weight: 35, ServiceSubset: 'green' },
      ],
    };
    const meta = makeSeen(rollout).splitter?.entry.Meta;
    return { splitter: stored(keepMeta ? { ...entry, Meta: meta } : entry, 33) };
  };
  for (const keepMeta of [true, false]) {
    it(`holds and names both when somebody wrote other weights ${keepMeta ? 'and kept' : 'and dropped'} the record`, () => {
      const { next, write } = decide(situation(10, at(0), { seen: foreign(keepMeta) }));
      expect(next?.state).to.deep.equal({ phase: 'Paused', reason: 'Drift', step: 0 });
      expect(next?.message).to.match(/it says blue 65%, green 35%; splitter asked for blue 90%, green 10%/);
      expect([legsOf(write?.entry ?? {}, 'payments'), write?.cas]).to.deep.equal([theirs, 33]);
    });
  }
  it('writes the record again when somebody dropped it and left the weights as they were', () => {
    const rollout = makeRollout(10);
    const { Meta: _, ...bare } = makeSeen(rollout).splitter!.entry;
    const { next, write } = decide(situation(10, at(0), { seen: { splitter: stored(bare, 34) } }));
    expect([next?.state, next?.seq, write?.cas]).to.deep.equal([at(0), 8, 34]);
  });
  it('then stands still', () => {
    const held = situation(10, { phase: 'Paused', reason: 'Drift', step: 0 }, { seen: foreign(true) });
    expect(decide(held).write).to.equal(undefined);
  });
  it('adopts or reasserts when the plan says so', () => {
    const on = (drift: 'adopt' | 'reassert') => ({ plan: { on: { ...makePlan().on, drift } }, seen: foreign(false) });
    expect(decide(situation(10, at(0), on('adopt'))).next?.asked).to.deep.equal(theirs);
    expect(legsOf(decide(situation(10, at(0), on('reassert'))).write?.entry ?? {}, 'payments')).to.deep.equal(
      splitLegs('blue', 'green', 1_000, []),
    );
  });
  it('reverts through drift: a failed signal puts stable back, whoever wrote last', () => {
    const { write } = decide(
      situation(10, at(0), { plan: watched.plan, seen: { ...foreign(false), findings: [finding('errors', 'Failed')] } }),
    );
    expect(legsOf(write?.entry ?? {}, 'payments')).to.deep.equal(splitLegs('blue', 'green', 0, []));
  });
  describe('of the resolver', () => {
    const edited = (
      percent: number,
      drift: 'hold' | 'adopt' | 'reassert',
      filter: string | undefined,
      state = at(0),
    ): Situation => {
      const base = situation(percent, state, { plan: { on: { ...makePlan().on, drift } } });
      const green = filter === undefined ? {} : { green: { Filter: filter } };
      const entry = { ...base.seen.resolver?.entry, Subsets: { blue: { Filter: 'Service.Meta.version == "2"' }, ...green } };
      return { ...base, seen: { ...base.seen, resolver: stored(entry, 12) } };
    };
    it('holds, and names what it says and what the rollout goes by', () => {
      const { next } = decide(edited(10, 'hold', ''));
      expect([next?.state.phase, next?.state.reason, next?.message]).to.deep.equal([
        'Paused',
        'Drift',
        'somebody else changed service-resolver/payments: it says green is every instance; the rollout goes by Service.Meta.version == "3"',
      ]);
      expect(decide(edited(10, 'hold', undefined)).next?.message).to.match(/it has no subset green/);
    });
    it('adopts a filter when the plan says so, and then goes on by it', () => {
      const before = edited(10, 'adopt', 'Service.Meta.version == "9"');
      const { next } = decide(before);
      expect([next?.state.phase, next?.adopted]).to.deep.equal(['Progressing', { green: 'Service.Meta.version == "9"' }]);
      expect(readRecord(metaOf(decide(before).write?.entry))?.adopted).to.deep.equal(next?.adopted);
      const splitter = stored(decide(before).write!.entry!, 21);
      expect(decide({ ...before, rollout: next!, seen: { ...before.seen, splitter } }).next?.state.step).to.equal(1);
    });
    it('never adopts a filter that means every instance', () => {
      expect(decide(edited(10, 'adopt', '')).next?.state.reason).to.equal('Drift');
    });
    it('puts ours back while the subset carries nothing, and only then', () => {
      const { write } = decide(edited(0, 'reassert', 'Service.Meta.version == "9"'));
      expect([write?.kind, write?.cas, subsetsOf(write?.entry).get('green')]).to.deep.equal([
        'service-resolver',
        12,
        'Service.Meta.version == "3"',
      ]);
      const { next } = decide(edited(10, 'reassert', 'Service.Meta.version == "9"'));
      expect([next?.state.reason, next?.message]).to.deep.equal([
        'Drift',
        'somebody else changed service-resolver/payments: it says green is Service.Meta.version == "9"; the rollout goes by Service.Meta.version == "3". It carries 10%, and putting ours back would move those users at once; splitter abort payments takes canary back',
      ]);
    });
    it('reverts through it', () => {
      const failing = edited(10, 'hold', 'Service.Meta.version == "9"');
      const seen = { ...failing.seen, findings: [finding('errors', 'Failed')] };
      expect(decide({ ...failing, plan: { ...failing.plan, signals: [errors] }, seen }).next?.state.phase).to.equal('Reverted');
    });
  });
  it('says so when somebody deleted the splitter', () => {
    const { splitter: _, ...without } = makeSeen(makeRollout(10));
    expect(decide({ ...situation(10, at(0)), seen: without }).why).to.match(/somebody deleted service-splitter\/payments/);
  });
});
