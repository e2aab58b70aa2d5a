import { expect } from 'chai';
import fc from 'fast-check';
import { afterWrite } from '../../src/core/after-write.js';
import { decide } from '../../src/core/decide.js';
import { splitterWrite } from '../../src/core/decision.js';
import { type EntryWrite, legsOf, metaOf } from '../../src/core/entries.js';
import { holdForPeers, isTakenBack, placeOf, type Want, wantOf } from '../../src/core/group.js';
import { weightOf } from '../../src/core/legs.js';
import type { Observation, Peer } from '../../src/core/observation.js';
import type { Plan } from '../../src/core/plan.js';
import { readRecord } from '../../src/core/record.js';
import { isFinal, type Rollout } from '../../src/core/rollout.js';
import { abort } from '../../src/core/verbs/abort.js';
import { pause } from '../../src/core/verbs/pause.js';
import { resume } from '../../src/core/verbs/resume.js';
import { finding, makePlan, makeRollout, makeSeen, NOON, weight } from '../support/world.js';

const NAMES = ['cart', 'payments', 'stock', 'users'];
const STEPS = [weight(10), { kind: 'pause', for: 30_000 } as const, weight(50), { kind: 'pause' } as const, weight(100)];

type Event =
  | { readonly kind: 'turn'; readonly member: number; readonly crashes: boolean }
  | { readonly kind: 'guard'; readonly member: number }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'verdict'; readonly member: number; readonly verdict: 'Failed' | 'Inconclusive' | 'Successful' }
  | { readonly kind: 'verb'; readonly member: number; readonly verb: 'pause' | 'resume' | 'abort' };

const member = fc.nat(3);
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('turn' as const), member, crashes: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('guard' as const), member }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(50, 400, 31_000, 61_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('verdict' as const),
      member,
      verdict: fc.constantFrom('Successful' as const, 'Successful' as const, 'Inconclusive' as const, 'Failed' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('verb' as const),
      member,
      verb: fc.constantFrom('resume' as const, 'resume' as const, 'pause' as const, 'abort' as const),
    }),
  },
);

/** Some members in a tiny Consul, one owner with its board and one guardian without; every write of the splitters is checked as it lands. */
class Model {
  readonly plans: readonly Plan[];
  readonly seen: Observation[];
  readonly failing: boolean[];
  /** Members in the order in which their traffic went back because of another one. */
  readonly followed: string[] = [];
  now = NOON;
  #wants = new Map<string, Want>();

  constructor(count: number) {
    const services = NAMES.slice(0, count);
    const group = { name: 'checkout', services };
    const signals = [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.005 } as const];
    this.plans = services.map((service) => makePlan({ service, group, steps: STEPS, signals }));
    this.seen = this.plans.map(({ service }) => this.#begin(service));
    this.failing = services.map(() => false);
  }

  apply(event: Event): void {
    if (event.kind === 'time') {
      this.now += event.ms;
      return;
    }
    const i = event.member % this.plans.length;
    switch (event.kind) {
      case 'turn':
        // A new owner begins with an empty board.
        if (event.crashes) this.#wants = new Map();
        this.turn(i);
        return;
      case 'guard':
        this.turn(i, true);
        return;
      case 'verdict':
        this.failing[i] = event.verdict === 'Failed';
        this.seen[i] = { ...this.seen[i]!, findings: [finding('errors', event.verdict)] };
        return;
      case 'verb':
        this.verb(i, event.verb);
        return;
    }
  }

  record(i: number): Rollout {
    return readRecord(metaOf(this.seen[i]!.splitter!.entry))!;
  }

  get records(): readonly Rollout[] {
    return this.plans.map((_, i) => this.record(i));
  }

  turn(i: number, guards = false): void {
    const [plan, rollout] = [this.plans[i]!, this.record(i)];
    const peers = this.#peers(i);
    const decision = decide({ plan, rollout, seen: { ...this.seen[i]!, peers }, tally: '', ran: [], now: this.now });
    const back = decision.next !== undefined && isTakenBack(decision.next);
    const want = wantOf(decision, rollout, STEPS.length);
    if (!guards) {
      if (want === undefined) this.#wants.delete(plan.service);
      else this.#wants.set(plan.service, want);
    }
    if (decision.write === undefined || (guards && !back)) return;
    const held = want && holdForPeers(want, plan.group!, peers, (service) => this.#wants.get(service), STEPS.length);
    if (held !== undefined) return;
    if (back && !isTakenBack(rollout) && decision.next!.state.reason === 'GroupReverted') this.followed.push(plan.service);
    this.#write(i, decision.write);
  }

  verb(i: number, name: 'pause' | 'resume' | 'abort'): void {
    const rollout = this.record(i);
    const context = { service: this.plans[i]!.service, seen: this.seen[i]!, plan: this.plans[i]!, by: 'lee', now: this.now };
    const result =
      name === 'resume'
        ? resume(rollout, context, undefined, STEPS.length)
        : (name === 'pause' ? pause : abort)(rollout, context);
    if (result.kind === 'write') this.#write(i, splitterWrite(this.seen[i]!, context.service, result.next, result.move));
  }

  /** Turn after turn until nothing moves any more; persons resume what waits for them. */
  settle(): void {
    for (let round = 0; round < 200; round++) {
      for (const i of this.plans.keys()) {
        if (this.record(i).state.phase === 'Paused') this.verb(i, 'resume');
        this.turn(i);
      }
      this.now += round % 2 === 0 ? 50 : 31_000;
      if (this.records.every(isFinal) && !this.records.some((own) => isTakenBack(own) !== isTakenBack(this.record(0)))) return;
    }
  }

  #write(i: number, write: EntryWrite): void {
    const service = this.plans[i]!.service;
    this.seen[i] = { ...afterWrite(this.seen[i]!, write, service, this.now), agreement: 'agrees' };
    this.#check();
  }

  /** Nobody is more than one place ahead of a member that is not on its way back. */
  #check(): void {
    const places = this.records.filter((own) => !isTakenBack(own)).map((own) => placeOf(own.state, STEPS.length));
    expect(Math.max(...places) - Math.min(...places), `places ${places.join(', ')}`).to.be.at.most(1);
    for (const [i, own] of this.records.entries())
      if (isTakenBack(own))
        expect(weightOf(legsOf(this.seen[i]!.splitter!.entry, this.plans[i]!.service), 'green'), 'back is back').to.equal(0);
  }

  #peers(i: number): readonly Peer[] {
    return this.plans.flatMap(({ service }, j) => (j === i ? [] : [{ service, rollout: this.record(j) }]));
  }

  #begin(service: string): Observation {
    const state = { phase: 'Pending', reason: 'Starting', step: 0 } as const;
    const rollout = makeRollout(0, { group: 'checkout', state, startedAt: NOON, enteredAt: NOON });
    const bare = makeSeen(rollout, { findings: [finding('errors', 'Successful')] });
    const write = splitterWrite({}, service, rollout, true);
    return { ...afterWrite(bare, write, service, NOON), agreement: 'agrees', resolverSince: 0 };
  }
}

describe('any group, whatever happens to its members', () => {
  it('keeps step through crashes of its owner, persons and failing signals, and ends promoted as a whole or reverted as a whole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 4 }), fc.array(events, { maxLength: 80 }), (count, happened) => {
        const model = new Model(count);
        for (const event of happened) model.apply(event);
        model.settle();
        const phases = [...new Set(model.records.map(({ state }) => state.phase))];
        expect(phases).to.have.length(1);
        expect(phases[0]).to.be.oneOf(['Promoted', 'Reverted']);
      }),
      { numRuns: 3_000 },
    );
  }).timeout(120_000);

  it('goes back in the reverse order of its list, the failing member first', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }),
        fc.nat(3),
        fc.array(fc.nat(3), { minLength: 60, maxLength: 120 }),
        (count, failing, turns) => {
          const model = new Model(count);
          for (let i = 0; i < 3; i++) for (const own of model.plans.keys()) model.turn(own);
          const bad = failing % count;
          model.apply({ kind: 'verdict', member: bad, verdict: 'Failed' });
          model.turn(bad);
          expect(model.record(bad).state.reason).to.equal('SignalFailed');
          for (const turn of turns) {
            model.turn(turn % count, turn % 2 === 0);
            model.now += 5;
          }
          for (let i = 0; i < count; i++) for (const own of model.plans.keys()) model.turn(own);
          const services = model.plans.map(({ service }) => service);
          expect(model.followed).to.deep.equal(services.filter((_, i) => i !== bad).reverse());
        },
      ),
    );
  });
});
