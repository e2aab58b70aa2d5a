import { setMaxListeners } from 'node:events';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { hookAtEnd, isFinal, type Rollout } from '../core/rollout.js';
import type { FreezeSwitch, HeldLock, Mesh } from '../ports.js';
import { type Flight, isWatchful, Pilot, type PilotParts, type Turn } from './pilot.js';
import { Wake } from './wake.js';
import { World } from './world.js';

/** What a foreground driver acts with. */
export interface DriverParts extends PilotParts {
  readonly mesh: Mesh;
  readonly lock: HeldLock;
  readonly freeze: FreezeSwitch;
  /** Whether a failure of Consul may pass by itself, so that waiting for it makes sense. */
  readonly isPassing: (error: unknown) => boolean;
}

/** What to drive, and how long. */
export interface Drive extends Omit<Flight, 'shared'> {
  /** How long to go on watching at the target, ms. */
  readonly hold: number;
  /** How long to wait for a person when the rollout is held, ms. */
  readonly patience: number;
  /** Leave as soon as the rollout has its first record: others drive it on. */
  readonly untilRecorded?: boolean;
}

/** One moment of a drive, for views. */
export interface Frame {
  readonly plan: Plan;
  readonly rollout: Rollout | undefined;
  readonly seen: Observation;
  readonly why: string;
  readonly wakeAt: number;
  readonly now: number;
  /** Set while Consul cannot be reached: what it said. */
  readonly trouble?: string;
}

/** How a drive ended. `left`: somebody else drives it, or the record is of another rollout. */
export interface DriveEnd {
  readonly kind: 'finished' | 'target' | 'needs-person' | 'interrupted' | 'left' | 'recorded';
  readonly rollout: Rollout | undefined;
  readonly why: string;
}

/** Between two looks at the signals while canary has traffic: a failing version is seen within this time. */
const TICK = 100;
const IDLE_TICK = 1_000;
const BEAT = 1_000;
const RETRY = 500;
/** A foreground driver whose Consul is gone for so long gives up; the weights stand. */
const TROUBLE_LIMIT = 900_000;

/** Drives one rollout in the foreground: turn after turn, until it ends, reaches its target, needs a person for too long, or `abort` fires. */
export async function drive(
  task: Drive,
  parts: DriverParts,
  onFrame: (frame: Frame) => void,
  abort: AbortSignal,
): Promise<DriveEnd> {
  const stop = new AbortController();
  // Four or five watches and the reads of one turn listen at a time; more than these would be a leak.
  setMaxListeners(20, stop.signal);
  const wake = new Wake();
  const onAbort = (): void => wake.ring();
  abort.addEventListener('abort', onAbort);
  const world = new World(
    parts.mesh,
    parts.freeze,
    task.plan,
    () => parts.clock.now(),
    () => wake.ring(),
    stop.signal,
  );
  try {
    return await new Driver(task, parts, world, wake, onFrame, stop.signal).run(abort);
  } finally {
    abort.removeEventListener('abort', onAbort);
    stop.abort();
  }
}

class Driver {
  readonly #task: Drive;
  readonly #parts: DriverParts;
  readonly #world: World;
  readonly #wake: Wake;
  readonly #onFrame: (frame: Frame) => void;
  readonly #pilot: Pilot;
  #held: { readonly state: string; readonly since: number };
  #beatAt = 0;
  #troubleSince: number | undefined;

  constructor(task: Drive, parts: DriverParts, world: World, wake: Wake, onFrame: (frame: Frame) => void, stop: AbortSignal) {
    this.#task = task;
    this.#parts = parts;
    this.#world = world;
    this.#wake = wake;
    this.#onFrame = onFrame;
    this.#pilot = new Pilot({ ...task, shared: false }, parts, world, () => wake.ring(), stop);
    this.#held = { state: standOf(task.rollout), since: parts.clock.now() };
  }

  async run(abort: AbortSignal): Promise<DriveEnd> {
    await this.#world.open();
    for (;;) {
      try {
        const end = abort.aborted
          ? ({ kind: 'interrupted', rollout: this.#pilot.rollout, why: 'interrupted' } as const)
          : await this.#turn();
        if (end !== undefined) {
          await this.#pilot.close();
          return end;
        }
        this.#troubleSince = undefined;
      } catch (error) {
        const now = this.#parts.clock.now();
        this.#troubleSince ??= now;
        if (!this.#parts.isPassing(error) || now > this.#troubleSince + TROUBLE_LIMIT) throw error;
        await this.#waitOutTrouble((error as Error).message);
      }
    }
  }

  async #turn(): Promise<DriveEnd | undefined> {
    const turn = await this.#pilot.turn('advance', (decided) => this.#report(decided));
    const { rollout } = this.#pilot;
    const state = standOf(rollout);
    if (state !== this.#held.state) this.#held = { state, since: this.#parts.clock.now() };
    if (turn.kind === 'left') return { kind: 'left', rollout, why: turn.why };
    if (this.#task.untilRecorded === true && rollout !== undefined) return { kind: 'recorded', rollout, why: rollout.message };
    if (turn.kind === 'wrote') return undefined;
    void this.#beat(turn);
    const end = this.#ended(turn.now);
    if (end !== undefined) return end;
    await this.#wake.sleep(Math.max(1, Math.min(turn.wakeAt - turn.now, isWatchful(rollout) ? TICK : IDLE_TICK)));
    return undefined;
  }

  #ended(now: number): DriveEnd | undefined {
    const { rollout } = this.#pilot;
    if (rollout === undefined) return undefined;
    if (isFinal(rollout))
      return hookAtEnd(rollout) === undefined ? { kind: 'finished', rollout, why: rollout.message } : undefined;
    if (rollout.state.phase !== 'Paused') return undefined;
    const held = now - this.#held.since;
    if (rollout.state.reason === 'TargetReached')
      return held >= this.#task.hold ? { kind: 'target', rollout, why: rollout.message } : undefined;
    return held >= Math.max(this.#task.patience, this.#task.hold)
      ? { kind: 'needs-person', rollout, why: rollout.message }
      : undefined;
  }

  async #beat({ seen, why, wakeAt, now }: Turn): Promise<void> {
    if (now < this.#beatAt + BEAT) return;
    this.#beatAt = now;
    const { findings, observed, coverage } = seen;
    const shares = { ...(observed === undefined ? {} : { observed }), ...(coverage === undefined ? {} : { coverage }) };
    const live = { why, wakeAt, findings, ...shares };
    // A lost lock, or a beat that fails, is no reason to stop: whoever takes over writes its own name into the record, and that is.
    await this.#parts.lock.beat(live).catch(() => false);
  }

  #report({ seen, why, wakeAt, now }: Pick<Turn, 'seen' | 'why' | 'wakeAt' | 'now'>, trouble?: string): void {
    const frame = { plan: this.#pilot.plan, rollout: this.#pilot.rollout, seen, why, wakeAt, now };
    this.#onFrame(trouble === undefined ? frame : { ...frame, trouble });
  }

  async #waitOutTrouble(trouble: string): Promise<void> {
    const now = this.#parts.clock.now();
    this.#report({ seen: this.#pilot.observe(now), why: trouble, wakeAt: now + RETRY, now }, trouble);
    await this.#wake.sleep(RETRY);
    await this.#world.refresh().catch(() => undefined);
  }
}

function standOf(rollout: Rollout | undefined): string {
  return rollout === undefined ? '' : `${rollout.state.phase} ${rollout.state.reason}`;
}
