import { expect } from 'chai';
import fc from 'fast-check';
import { type Beginning, decideBeginning } from '../../src/core/begin.js';
import { decide } from '../../src/core/decide.js';
import { splitterWrite } from '../../src/core/decision.js';
import { type EntryWrite, legsOf, metaOf, subsetsOf } from '../../src/core/entries.js';
import { splitLegs, weightOf } from '../../src/core/legs.js';
import type { Observation } from '../../src/core/observation.js';
import type { Plan } from '../../src/core/plan.js';
import { readRecord } from '../../src/core/record.js';
import { isFinal, type Rollout } from '../../src/core/rollout.js';
import { abort } from '../../src/core/verbs/abort.js';
import { pause } from '../../src/core/verbs/pause.js';
import { promote } from '../../src/core/verbs/promote.js';
import type { VerbResult } from '../../src/core/verbs/result.js';
import { resume } from '../../src/core/verbs/resume.js';
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
  | { readonly kind: 'verb'; readonly verb: 'pause' | 'resume' | 'adopt' | 'reassert' | 'promote' | 'full' | 'abort' };

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
      verb: fc.constantFrom('pause', 'resume', 'adopt', 'reassert', 'promote', 'full', 'abort'),
    }),
  },
);

const plans: fc.Arbitrary<Plan> = fc
  .record({
    weights: fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { minLength: 1, maxLength: 4 }),
    full: fc.boolean(),
    pauses: fc.boolean(),
    dark: fc.integer({ min: 0, max: 5 }),
    drift: fc.constantFrom('hold' as const, 'adopt' as const, 'reassert' as const),
  })
  .map(({ weights, full, pauses, dark, drift }) => {
    const rising = [...weights].sort((a, b) => a - b);
    const steps = [...rising, ...(full ? [100 - dark] : [])].flatMap((w) => [
      weight(w),
      ...(pauses ? [{ kind: 'pause', for: 30_000 } as const] : []),
    ]);
    return makePlan({
      steps,
      subsets: [...makePlan().subsets, { name: 'dark', filter: 'Service.Meta.version == "4"' }],
      legs: [{ subset: 'dark', weight: dark * 100 }],
      on: { ...makePlan().on, drift },
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
        : decide({ plan: this.plan, rollout: this.rollout, seen: this.seen, tally: 't', ran: [], now: this.now });
    const decision = decide1();
    expect(decide1(), 'the same input gives the same output').to.deep.equal(decision);
    expect(
      Number.isFinite(decision.wakeAt) && (decision.write !== undefined || decision.wakeAt > this.now),
      'it wakes later, at a finite time',
    ).to.equal(true);
    if (decision.write === undefined || loses) return;
    this.#write(decision.write);
    if (!crashes) this.rollout = decision.next ?? this.rollout;
  }

  #verb(verb: 'pause' | 'resume' | 'adopt' | 'reassert' | 'promote' | 'full' | 'abort'): void {
    this.#readRecord();
    const rollout = this.rollout;
    if (rollout === undefined) return;
    const context = { service: 'payments', seen: this.seen, by: 'lee', now: this.now };
    const steps = this.plan.steps.length;
    const results: Record<typeof verb, () => VerbResult> = {
      pause: () => pause(rollout, context),
      resume: () => resume(rollout, context, undefined, steps),
      adopt: () => resume(rollout, context, 'adopt', steps),
      reassert: () => resume(rollout, context, 'reassert', steps),
      promote: () => promote(rollout, context, false, steps),
      full: () => promote(rollout, context, true, steps),
      abort: () => abort(rollout, context),
    };
    const result = results[verb]();
    if (result.kind !== 'write') return;
    this.#byPerson = true;
    this.#write(splitterWrite(this.seen.splitter, 'payments', result.next, result.move));
    this.#byPerson = false;
    this.rollout = result.next;
    if (verb === 'abort' && rollout.state.phase !== 'Promoted')
      expect(weightOf(this.#stored(), 'green'), 'abort takes all of canary’s traffic in one write').to.equal(0);
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
    this.seen = {
      ...this.seen,
      splitter: stored(entry, this.seen.splitter.modifyIndex + 1),
      chain: { protocol: 'http', startsWith: 'splitter', legs },
    };
  }

  #readRecord(): void {
    const record = this.seen.splitter === undefined ? undefined : readRecord(metaOf(this.seen.splitter.entry));
    if (record !== undefined && (this.rollout === undefined || record.seq > this.rollout.seq)) this.rollout = record;
  }

  #write(write: EntryWrite): void {
    const before = this.#stored();
    const failing = this.seen.findings.some(({ verdict }) => verdict === 'Failed');
    const known = this.rollout;
    this.seen = applyWrite(this.seen, write);
    if (write.kind !== 'service-splitter') return;
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
    this.seen = {
      ...this.seen,
      findings: [finding('errors', 'Successful')],
      instances: { blue: passing(9), green: passing(9) },
      agreement: 'agrees',
    };
    for (let turn = 0; turn < 200; turn++) {
      this.#look(false, false);
      if (this.rollout !== undefined && (isFinal(this.rollout) || this.rollout.state.reason === 'TargetReached')) return true;
      if (this.rollout?.state.phase === 'Paused') this.#verb(this.rollout.state.reason === 'Drift' ? 'reassert' : 'resume');
      this.now += 60_000;
    }
    return false;
  }
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
