import { expect } from 'chai';
import fc from 'fast-check';
import { chainAfter } from '../../src/core/after-write.js';
import { type Beginning, decideBeginning } from '../../src/core/begin.js';
import { decide } from '../../src/core/decide.js';
import { splitterWrite } from '../../src/core/decision.js';
import { type EntryWrite, legsOf, metaOf, subsetsOf } from '../../src/core/entries.js';
import { splitLegs, weightOf } from '../../src/core/legs.js';
import type { Observation } from '../../src/core/observation.js';
import type { HookName, Plan, Program } from '../../src/core/plan.js';
import type { ProgramCall, ProgramOutcome } from '../../src/core/programs.js';
import { readRecord } from '../../src/core/record.js';
import { hookAtEnd, isFinal, type Rollout } from '../../src/core/rollout.js';
import { ownMatches } from '../../src/core/route.js';
import { isFrozen } from '../../src/core/schedule/freeze.js';
import { abort } from '../../src/core/verbs/abort.js';
import { pause } from '../../src/core/verbs/pause.js';
import { promote } from '../../src/core/verbs/promote.js';
import type { VerbResult } from '../../src/core/verbs/result.js';
import { resume } from '../../src/core/verbs/resume.js';
import { supersede } from '../../src/core/verbs/start.js';
import { undo } from '../../src/core/verbs/undo.js';
import type { Verdict } from '../../src/core/verdict.js';
import { applyWrite, finding, makePlan, makeSeen, NOON, passing, stored, weight } from '../support/world.js';

/** Everything that can happen to a rollout between two looks. */
type Event =
  | { readonly kind: 'look'; readonly loses: boolean; readonly crashes: boolean }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly stableWorse: boolean }
  | { readonly kind: 'instances'; readonly canary: number; readonly stable: number }
  | { readonly kind: 'agreement'; readonly agreement: Observation['agreement'] }
  | { readonly kind: 'foreign'; readonly canary: number; readonly keepsMeta: boolean }
  | { readonly kind: 'resolver'; readonly subset: 'blue' | 'green'; readonly filter: string }
  | { readonly kind: 'router' }
  | { readonly kind: 'freeze'; readonly on: boolean; readonly until: boolean }
  | { readonly kind: 'program'; readonly ok: boolean }
  | { readonly kind: 'verb'; readonly verb: Verb };

type Verb = 'pause' | 'resume' | 'adopt' | 'reassert' | 'promote' | 'full' | 'abort' | 'supersede' | 'undo';

const look = fc.record({ kind: fc.constant('look' as const), loses: fc.boolean(), crashes: fc.boolean() });
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: look },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('time' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 120_000 }), fc.constantFrom(86_400_000, -3_600_000)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('verdict' as const),
      verdict: fc.constantFrom<Verdict>('Successful', 'Successful', 'Successful', 'Failed', 'Inconclusive', 'Error'),
      stableWorse: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('instances' as const),
      canary: fc.integer({ min: 0, max: 3 }),
      stable: fc.integer({ min: 0, max: 3 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('agreement' as const),
      agreement: fc.constantFrom<Observation['agreement']>('agrees', 'agrees', 'unknown', 'pending', 'differs'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('foreign' as const),
      canary: fc.integer({ min: 0, max: 10_000 }),
      keepsMeta: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('verb' as const),
      verb: fc.constantFrom<Verb>('pause', 'resume', 'adopt', 'reassert', 'promote', 'full', 'abort', 'supersede', 'undo'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('resolver' as const),
      subset: fc.constantFrom('blue' as const, 'green' as const),
      filter: fc.constantFrom('', 'Service.Meta.version == "9"', 'Service.Meta.version == "3"'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('router' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('freeze' as const), on: fc.boolean(), until: fc.boolean() }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('program' as const), ok: fc.boolean() }) },
);

const PROGRAM: Program = { kind: 'command', command: ['x'], timeout: 60_000 };

const plans: fc.Arbitrary<Plan> = fc
  .record({
    weights: fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { minLength: 1, maxLength: 4 }),
    full: fc.boolean(),
    pauses: fc.boolean(),
    dark: fc.integer({ min: 0, max: 5 }),
    drift: fc.constantFrom('hold' as const, 'adopt' as const, 'reassert' as const),
    route: fc.constantFrom(
      undefined,
      undefined,
      { header: { name: 'x-canary', value: '1' } },
      { cookie: { name: 'canary', value: '1' }, sticky: { for: 60_000 } },
    ),
    hooks: fc.subarray<HookName>(
      ['before_start', 'before_step', 'after_step', 'before_promote', 'after_promote', 'after_revert'],
      {
        maxLength: 2,
      },
    ),
    run: fc.boolean(),
  })
  .map(({ weights, full, pauses, dark, drift, route, hooks, run }) => {
    const rising = [...weights].sort((a, b) => a - b);
    const steps = [...rising, ...(full ? [100 - dark] : [])].flatMap((w) => [
      weight(w),
      ...(pauses ? [{ kind: 'pause', for: 30_000 } as const] : []),
      ...(run && w < 50 ? [{ kind: 'run', program: PROGRAM, onFailure: 'hold' } as const] : []),
    ]);
    return makePlan({
      steps,
      subsets: [...makePlan().subsets, { name: 'dark', filter: 'Service.Meta.version == "4"' }],
      legs: [{ subset: 'dark', weight: dark * 100 }],
      on: { ...makePlan().on, drift },
      ...(route === undefined ? {} : { route }),
      hooks: Object.fromEntries(hooks.map((hook) => [hook, PROGRAM])),
      signals: [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 }],
    });
  });

const BEGINNING: Beginning = { id: 'ID', plan: 'abc', driver: 'd', by: 'dana' };

/** A tiny Consul with one service, driven by the real decisions; every write is checked as it lands. */
class Model {
  seen: Observation = makeSeen(undefined, { findings: [finding('errors', 'Successful')] });
  rollout: Rollout | undefined;
  now = NOON;
  readonly plan: Plan;
  #byPerson = false;
  #running: ProgramCall | undefined;
  #ran: readonly ProgramOutcome[] = [];

  constructor(plan: Plan) {
    this.plan = plan;
  }

  apply(event: Event): void {
    switch (event.kind) {
      case 'look':
        this.#look(event.loses, event.crashes);
        return;
      case 'time':
        this.now += event.ms;
        return;
      case 'verdict':
        this.seen = {
          ...this.seen,
          findings: [
            finding('errors', event.verdict, {
              samples: event.verdict === 'Inconclusive' ? 0 : 100,
              stableWorse: event.stableWorse && event.verdict !== 'Failed',
            }),
          ],
        };
        return;
      case 'instances':
        this.seen = { ...this.seen, instances: { blue: passing(event.stable), green: passing(event.canary) } };
        return;
      case 'agreement':
        this.seen = { ...this.seen, agreement: event.agreement };
        return;
      case 'foreign':
        this.#foreign(event.canary, event.keepsMeta);
        return;
      case 'resolver':
        this.#foreignFilter(event.subset, event.filter);
        return;
      case 'router': {
        const { router: _, ...rest } = this.seen;
        this.seen = withChain(rest);
        return;
      }
      case 'freeze':
        this.#freeze(event.on, event.until);
        return;
      case 'program':
        this.#endProgram(event.ok);
        return;
      case 'verb':
        this.#verb(event.verb);
        return;
    }
  }

  /** One turn of a driver, which may lose its write to somebody else or die right after it. */
  #look(loses: boolean, crashes: boolean): void {
    this.#readRecord();
    const roles = { stable: 'blue', canary: 'green', legs: splitLegs('blue', 'green', 0, this.plan.legs) };
    const decide1 = () =>
      this.rollout === undefined
        ? decideBeginning(this.plan, this.seen, roles, BEGINNING, this.now)
        : decide({ plan: this.plan, rollout: this.rollout, seen: this.seen, tally: 't', ran: this.#ran, now: this.now });
    const decision = decide1();
    expect(decide1(), 'the same input gives the same output').to.deep.equal(decision);
    expect(
      Number.isFinite(decision.wakeAt) && (decision.write !== undefined || decision.wakeAt > this.now),
      'it wakes later, at a finite time',
    ).to.equal(true);
    if (crashes) this.#ran = [];
    if (decision.call !== undefined) this.#running = crashes ? undefined : decision.call;
    if (decision.write === undefined || loses) return;
    this.#write(decision.write);
    if (!crashes) this.rollout = decision.next ?? this.rollout;
  }

  /** Somebody stops all advances, for an hour or until further notice, or lets them go on. */
  #freeze(on: boolean, until: boolean): void {
    const { freeze } = this.seen;
    if (!on && freeze === undefined) return;
    const next = on
      ? { by: 'lee', reason: 'launch', since: this.now, ...(until ? { until: this.now + 3_600_000 } : {}) }
      : freeze!;
    this.seen = { ...this.seen, freeze: on ? next : { ...next, ended: this.now } };
  }

  #endProgram(ok: boolean): void {
    if (this.#running === undefined) return;
    const { id, point, step } = this.#running;
    this.#running = undefined;
    this.#ran = [...this.#ran, { id, point, step, program: 'x', ok, message: 'exit', output: '', at: this.now, ms: 0 }];
  }

  /** Somebody re-filters a subset; Consul itself refuses to take one away that the splitter names. */
  #foreignFilter(subset: string, filter: string): void {
    const { resolver } = this.seen;
    if (resolver === undefined) return;
    const subsets = resolver.entry.Subsets as Readonly<Record<string, object>>;
    const entry = { ...resolver.entry, Subsets: { ...subsets, [subset]: { Filter: filter } } };
    this.seen = { ...this.seen, resolver: stored(entry, resolver.modifyIndex + 1) };
  }

  /** Gives whether the verb was accepted. */
  #verb(verb: Verb): boolean {
    this.#readRecord();
    const rollout = this.rollout;
    if (rollout === undefined) return false;
    const context = { service: 'payments', seen: this.seen, plan: this.plan, by: 'lee', now: this.now };
    const steps = this.plan.steps.length;
    const results: Record<typeof verb, () => VerbResult> = {
      pause: () => pause(rollout, context),
      resume: () => resume(rollout, context, undefined, steps),
      adopt: () => resume(rollout, context, 'adopt', steps),
      reassert: () => resume(rollout, context, 'reassert', steps),
      promote: () => promote(rollout, context, false, steps),
      full: () => promote(rollout, context, true, steps),
      abort: () => abort(rollout, context),
      supersede: () => supersede(rollout, context),
      undo: () => undo(rollout, context, Number.POSITIVE_INFINITY),
    };
    const result = results[verb]();
    if (result.kind !== 'write') return false;
    this.#byPerson = true;
    this.#write(splitterWrite(this.seen, 'payments', result.next, result.move));
    this.#byPerson = false;
    this.rollout = result.next;
    const takesBack = verb === 'abort' || verb === 'supersede' || verb === 'undo';
    if (takesBack && rollout.state.phase !== (verb === 'undo' ? '' : 'Promoted'))
      expect(weightOf(this.#stored(), 'green'), `${verb} takes all of canary’s traffic in one write`).to.equal(0);
    return true;
  }

  #foreign(canary: number, keepsMeta: boolean): void {
    if (this.seen.splitter === undefined) return;
    const legs = splitLegs('blue', 'green', Math.min(canary, 10_000 - this.plan.legs[0]!.weight), this.plan.legs);
    const entry = {
      Kind: 'service-splitter',
      Name: 'payments',
      Splits: legs.map((leg) => ({ Weight: leg.weight / 100, ServiceSubset: leg.subset })),
      ...(keepsMeta ? { Meta: metaOf(this.seen.splitter.entry) } : {}),
    };
    this.seen = withChain({ ...this.seen, splitter: stored(entry, this.seen.splitter.modifyIndex + 1) });
  }

  #readRecord(): void {
    const record = this.seen.splitter === undefined ? undefined : readRecord(metaOf(this.seen.splitter.entry));
    if (record !== undefined && (this.rollout === undefined || record.seq > this.rollout.seq)) this.rollout = record;
  }

  #write(write: EntryWrite): void {
    const before = this.#stored();
    const failing = this.seen.findings.some(({ verdict }) => verdict === 'Failed');
    const known = this.rollout;
    const filters = subsetsOf(this.seen.resolver?.entry);
    this.seen = applyWrite(this.seen, write);
    if (write.kind === 'service-resolver') this.#checkFilters(filters, before);
    if (write.kind !== 'service-splitter' || write.entry === undefined) return;
    const after = this.#stored();
    const record = readRecord(metaOf(write.entry));
    expect(
      after.reduce((sum, leg) => sum + leg.weight, 0),
      'the weights sum to 10000',
    ).to.equal(10_000);
    expect(
      after.every((leg) => leg.weight >= 0 && subsetsOf(this.seen.resolver?.entry).has(leg.subset)),
      'every leg names a subset that is there',
    ).to.equal(true);
    expect(record?.seq, 'each write is one higher').to.equal((known?.seq ?? 0) + 1);
    expect(weightOf(after, 'dark'), 'further legs stay').to.equal(this.plan.legs[0]!.weight);
    const [was, is] = [weightOf(before, 'green'), weightOf(after, 'green')];
    if (isFrozen(this.seen.freeze, this.now) && !this.#byPerson && known?.state.reason !== 'Resumed') {
      const repair = this.plan.on.drift === 'reassert' && known !== undefined && weightOf(known.asked, 'green') === is;
      expect(is <= was || repair, 'canary never rises in a freeze').to.equal(true);
      if (record?.state.phase === 'Promoting') expect(known?.state.phase, 'no bake ends in a freeze').to.equal('Promoting');
    }
    const ours = record !== undefined && weightOf(record.asked, 'green') === is;
    if (is > was && !this.#byPerson && this.plan.on.drift !== 'reassert') {
      // A person has just asked for the first step of a rollout; a lack of data does not forbid it.
      const asked = known?.state.phase === 'Pending';
      const canaryHadTraffic = known !== undefined && weightOf(known.asked, 'green') > 0;
      expect(failing && canaryHadTraffic, 'canary never rises after a failed verdict').to.equal(false);
      const conclusive = this.seen.findings.every(
        ({ verdict, stableWorse, samples }) => (verdict === 'Successful' || (asked && samples === 0)) && stableWorse !== true,
      );
      expect(
        conclusive || !canaryHadTraffic || known?.state.reason === 'Resumed',
        'canary never rises without a pass or a person',
      ).to.equal(true);
      expect(ours).to.equal(true);
    }
    if (record?.state.phase === 'Reverted' || record?.state.phase === 'Reverting')
      expect(is, 'a revert leaves canary nothing').to.equal(0);
  }

  #checkFilters(were: ReadonlyMap<string, string>, legs: ReturnType<typeof legsOf>): void {
    for (const [subset, filter] of subsetsOf(this.seen.resolver?.entry)) {
      expect(filter !== '' || were.get(subset) === '', 'no empty filter is written').to.equal(true);
      if (weightOf(legs, subset) > 0) expect(filter, `${subset} carries weight and keeps its filter`).to.equal(were.get(subset));
    }
  }

  #stored(): ReturnType<typeof legsOf> {
    return this.seen.splitter === undefined ? [] : legsOf(this.seen.splitter.entry, 'payments');
  }

  /** A failing canary with traffic and a stable that serves is taken back by the very next write of a driver. */
  mustRevert(): boolean {
    this.#readRecord();
    const { rollout } = this;
    if (rollout === undefined || isFinal(rollout) || weightOf(this.#stored(), 'green') === 0) return false;
    this.seen = { ...this.seen, findings: [finding('errors', 'Failed')], instances: { blue: passing(1), green: passing(1) } };
    this.#look(false, false);
    return weightOf(this.#stored(), 'green') > 0;
  }

  /** Left alone in a healthy mesh, with a person to resume it, a rollout reaches an end. */
  settles(): boolean {
    this.#freeze(false, false);
    this.seen = {
      ...this.seen,
      findings: [finding('errors', 'Successful')],
      instances: { blue: passing(9), green: passing(9) },
      agreement: 'agrees',
    };
    for (let turn = 0; turn < 400; turn++) {
      // Before there is a record, a weighted subset that somebody else re-filters waits for a person to put it right.
      if (turn === 100 && this.rollout === undefined)
        for (const { name, filter } of makePlan().subsets) this.#foreignFilter(name, filter);
      this.#look(false, false);
      this.#endProgram(true);
      const { rollout } = this;
      if (
        rollout !== undefined &&
        isFinal(rollout) &&
        hookAtEnd(rollout) === undefined &&
        ownMatches(this.seen.router).length === 0
      )
        return true;
      if (rollout?.state.reason === 'TargetReached') return true;
      if (rollout?.state.phase === 'Paused') {
        const drifted = rollout.state.reason === 'Drift';
        if (!drifted || !this.#verb('reassert')) this.#verb(drifted ? 'adopt' : 'resume');
        // A filter that names every instance can neither be adopted nor, under weight, be put back: then only the way back is left.
        if (drifted && this.rollout === rollout) this.#verb('abort');
      }
      this.now += 60_000;
    }
    return false;
  }
}

/** The world with the chain that Consul would compile of its splitter and router. */
function withChain(seen: Observation): Observation {
  return seen.splitter === undefined ? seen : { ...seen, ...chainAfter(seen, 'payments') };
}

describe('any rollout, whatever happens to it', () => {
  it('keeps its invariants through operators, foreign edits, lost writes, crashes, signals and a clock that jumps (10,000 runs)', () => {
    fc.assert(
      fc.property(plans, fc.array(events, { maxLength: 40 }), fc.boolean(), (plan, happened, harmed) => {
        const model = new Model(plan);
        for (const event of happened) model.apply(event);
        if (harmed) expect(model.mustRevert(), 'a failing canary is taken back at once').to.equal(false);
        else expect(model.settles(), 'it comes to an end').to.equal(true);
      }),
      { numRuns: 10_000 },
    );
  }).timeout(300_000);
});
