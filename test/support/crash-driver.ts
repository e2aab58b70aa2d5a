import { act, finish } from '../../src/cli/act.js';
import type { Context } from '../../src/cli/context.js';
import { CommandError } from '../../src/cli/exit.js';
import { drive } from '../../src/controller/drive.js';
import { metaOf } from '../../src/core/entries.js';
import type { Observation } from '../../src/core/observation.js';
import type { Program } from '../../src/core/plan.js';
import { describeProgram } from '../../src/core/programs.js';
import { readRecord } from '../../src/core/record.js';
import { findRoles, isRefusal } from '../../src/core/roles.js';
import { hookAtEnd, isFinal, nextRollout, type Rollout } from '../../src/core/rollout.js';
import type { VerbContext, VerbResult } from '../../src/core/verbs/result.js';
import { decodeTally } from '../../src/judge/tally.js';
import type { FreezeSwitch, Programs } from '../../src/ports.js';
import type { Fuse, Meddler } from './crash-fuse.js';
import { CrashLog, CrashMesh, countingSidecars } from './crash-mesh.js';
import { makePlan, weight } from './world.js';

/** A rollout that lives through crashes: its mesh, its log, and drivers one after the other. */
export class CrashStory {
  readonly mesh = new CrashMesh();
  readonly log = new CrashLog();
  /** What the user's programs have done to the world, in order: `before_step 2`, … */
  readonly effects: string[] = [];
  readonly programs: Programs = {
    run: async ({ id, point, step, program }) => {
      this.effects.push(`${point} ${step}`);
      return {
        id,
        point,
        step,
        program: describeProgram(program),
        ok: true,
        message: 'exit 0',
        output: '',
        at: this.#now(),
        ms: 0,
      };
    },
  };
  readonly #failsFrom: number;
  readonly #started = Date.now();
  #lives = 0;

  /** `failsFrom`: the canary weight, in basis points, from which on its answers are bad. */
  constructor(failsFrom = Number.POSITIVE_INFINITY) {
    this.#failsFrom = failsFrom;
  }

  /** Drives as `splitter start` would, to the end or to the crash: takes over what is under way, else begins. */
  async live(fuse?: Fuse): Promise<void> {
    const life = this.#drive(fuse);
    await (fuse === undefined ? life : Promise.race([life, fuse.blown]));
  }

  /** Drives to the end while somebody meddles. */
  liveWith(meddler: Meddler): Promise<void> {
    return this.#drive(meddler);
  }

  /** What somebody types in another terminal; false when there is nothing yet to act on. */
  async type(verb: (rollout: Rollout, context: VerbContext) => VerbResult): Promise<boolean> {
    if (this.record === undefined || isFinal(this.record)) return false;
    const acted = await act(this.#context(this.mesh, this.log, 'lee'), 'payments', verb).catch((error: unknown) => {
      if (error instanceof CommandError) return { changed: false };
      throw error;
    });
    return acted.changed;
  }

  /** The record that the splitter holds. */
  get record(): Rollout | undefined {
    return this.mesh.accepted.at(-1)?.record;
  }

  async #drive(fuse: Pick<Fuse, 'guard'> | undefined): Promise<void> {
    const mesh = fuse?.guard(this.mesh) ?? this.mesh;
    const log = fuse?.guard(this.log) ?? this.log;
    const programs = fuse?.guard(this.programs) ?? this.programs;
    const clock = { now: () => this.#now() };
    const entries = await mesh.readEntries();
    const known = entries.splitter === undefined ? undefined : readRecord(metaOf(entries.splitter.entry));
    if (known !== undefined && isFinal(known)) {
      if (hookAtEnd(known) !== undefined) await finish(this.#context(mesh, log, 'dana', programs), 'payments');
      return;
    }
    const seen: Observation = { ...entries, resolverSince: 0, instances: {}, agreement: 'unknown', findings: [] };
    const roles = findRoles(PLAN, seen);
    if (isRefusal(roles)) throw new Error(roles.message);
    const driver = `start:${++this.#lives}`;
    const context = this.#context(mesh, log, 'dana', programs);
    const takeOver = (rollout: Rollout) => ({ kind: 'write', next: nextRollout(rollout, { driver }), move: false }) as const;
    const rollout = known === undefined ? undefined : (await act(context, 'payments', takeOver)).rollout;
    const beginning = { id: rollout?.id ?? `ROLLOUT-${this.#lives}`, plan: 'abc', driver, by: 'dana' };
    await log.recordPlan('payments', beginning.id, 'abc', PLAN, 'test');
    const lock = { beat: async () => true, release: async () => undefined };
    const signals = countingSidecars(this.mesh, this.#failsFrom, clock.now);
    const isPassing = (): boolean => false;
    const parts = { mesh, log, lock: fuse?.guard(lock) ?? lock, signals, programs, freeze: NEVER_FROZEN, clock, isPassing };
    await drive(
      { plan: PLAN, rollout, roles, beginning, hold: 0, patience: 0 },
      parts,
      () => undefined,
      new AbortController().signal,
    );
  }

  #context(mesh: CrashMesh, store: CrashLog, by: string, programs: Programs = this.programs): Context {
    const io = { err: () => undefined };
    const lock = { read: async () => undefined };
    const doorbell = { ring: async () => undefined };
    return {
      mesh,
      store,
      clock: { now: () => this.#now() },
      by,
      io,
      lock,
      doorbell,
      freeze: NEVER_FROZEN,
      programs,
    } as unknown as Context;
  }

  /** Ten times as fast as the clock on the wall, so that a pause of a second is over in a tenth. */
  #now(): number {
    return this.#started + (Date.now() - this.#started) * 10;
  }
}

/** Bad requests that a record holds. */
export function failuresHeld(record: Rollout): number {
  return Object.values(decodeTally(record.tally)).reduce((sum, one) => sum + (one.kind === 'counts' ? one.canary.bad : 0), 0);
}

/** A switch that nobody has ever used. */
const NEVER_FROZEN: FreezeSwitch = {
  readFreeze: ({ index, abort } = {}) => {
    const answer = { freeze: undefined, index: 1 };
    if (index === undefined) return Promise.resolve(answer);
    return new Promise((resolve) => abort?.addEventListener('abort', () => resolve(answer)));
  },
};

const program = (name: string): Program => ({ kind: 'command', command: [name], timeout: 1_000 });

const PLAN = makePlan({
  steps: [
    weight(10),
    { kind: 'pause', for: 1_000 },
    { kind: 'run', program: program('smoke'), onFailure: 'revert' },
    weight(50),
    weight(100),
  ],
  bake: 1_000,
  route: { header: { name: 'x-canary', value: '1' }, sticky: { for: 60_000 } },
  hooks: Object.fromEntries(
    ['before_start', 'before_step', 'after_step', 'before_promote', 'after_promote', 'after_revert'].map((name) => [
      name,
      program(name),
    ]),
  ),
  signals: [{ name: 'errors', source: 'envoy', metric: 'errors', max: 0.2 }],
});
