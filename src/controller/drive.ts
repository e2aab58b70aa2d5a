import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { type Proof, proofOf } from '../core/proof.js';
import { hookAtEnd, isFinal, type Rollout } from '../core/rollout.js';
import type { FreezeSwitch, HeldLock, Mesh } from '../ports.js';
import { Heartbeat } from './heartbeat.js';
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
  /** How long to go on watching at the target, ms; with `proves` only until the evidence is clear. */
  readonly hold: number;
  readonly proves?: boolean;
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
  /** Set while Consul cannot be reached: since when, and what it said. */
  readonly trouble?: string;
  /** Traffic is to go back to stable, and Consul has not taken the write yet. */
  readonly urgent?: boolean;
}

/** How a drive ended. `left`: somebody else drives it, or the record is of another rollout. */
export interface DriveEnd {
  readonly kind: 'finished' | 'target' | 'needs-person' | 'interrupted' | 'left' | 'recorded';
  readonly rollout: Rollout | undefined;
  readonly why: string;
  /** What is proven of the target, where that was asked for. */
  readonly proof?: Proof;
}

/** Between two looks at the signals while canary has traffic: a failing version is seen within this time. */
const TICK = 100;
const IDLE_TICK = 1_000;
const RETRY = 500;
/** A foreground driver whose Consul is gone for so long gives up, unless traffic has to go back; the weights stand. */
const TROUBLE_LIMIT = 900_000;

/** Drives one rollout in the foreground: turn after turn, until it ends, reaches its target, needs a person for too long, or `abort` fires. */
export async function drive(
  task: Drive,
  parts: DriverParts,
  onFrame: (frame: Frame) => void,
  abort: AbortSignal,
): Promise<DriveEnd> {
  const stop = new AbortController();
  // Four or five watches and the reads of one turn listen at a time, as many as there are signals and programs.
  setMaxListeners(0, stop.signal);
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
  readonly #heartbeat: Heartbeat;
  /** Why traffic is to go back, while it has not gone. */
  #wanted: string | undefined;
  #troubleSince: number | undefined;
  /** What Consul said when the last turn failed. */
  #trouble: string | undefined;

  constructor(task: Drive, parts: DriverParts, world: World, wake: Wake, onFrame: (frame: Frame) => void, stop: AbortSignal) {
    this.#task = task;
    this.#parts = parts;
    this.#world = world;
    this.#wake = wake;
    this.#onFrame = onFrame;
    this.#pilot = new Pilot({ ...task, shared: false }, parts, world, () => wake.ring(), stop);
    this.#heartbeat = new Heartbeat(parts.lock, parts.clock);
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
        this.#trouble = undefined;
      } catch (error) {
        const now = this.#parts.clock.now();
        this.#troubleSince ??= now;
        const tooLong = this.#wanted === undefined && now > this.#troubleSince + TROUBLE_LIMIT;
        if (!this.#parts.isPassing(error) || tooLong) throw error;
        await this.#waitOutTrouble((error as Error).message);
      }
    }
  }

  async #turn(): Promise<DriveEnd | undefined> {
    const troubled = this.#troubleSince !== undefined || this.#heartbeat.trouble() !== undefined;
    const turn = await this.#pilot.turn('advance', (decided) => this.#hear(decided), { troubled });
    this.#wanted = undefined;
    const { rollout } = this.#pilot;
    const state = standOf(rollout);
    if (state !== this.#held.state) this.#held = { state, since: this.#parts.clock.now() };
    if (turn.kind === 'left') return { kind: 'left', rollout, why: turn.why };
    if (this.#task.untilRecorded === true && rollout !== undefined) return { kind: 'recorded', rollout, why: rollout.message };
    if (turn.kind === 'wrote') return undefined;
    this.#heartbeat.beat(turn);
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
    if (rollout.state.reason === 'TargetReached') return this.#endAtTarget(rollout, held);
    return held >= Math.max(this.#task.patience, this.#task.hold)
      ? { kind: 'needs-person', rollout, why: rollout.message }
      : undefined;
  }

  #endAtTarget(rollout: Rollout, held: number): DriveEnd | undefined {
    const end = { kind: 'target', rollout, why: rollout.message } as const;
    const isOver = held >= this.#task.hold;
    if (this.#task.proves !== true) return isOver ? end : undefined;
    const proof = proofOf(this.#pilot.plan, this.#pilot.findings, this.#pilot.following);
    return isOver || proof.kind === 'clear' ? { ...end, proof } : undefined;
  }

  #hear(decided: Turn): void {
    this.#wanted = decided.takesBack ? decided.why : undefined;
    this.#report(decided, this.#trouble ?? this.#heartbeat.trouble());
  }

  #report({ seen, why, wakeAt, now }: Pick<Turn, 'seen' | 'why' | 'wakeAt' | 'now'>, trouble?: string): void {
    const frame = { plan: this.#pilot.plan, rollout: this.#pilot.rollout, seen, why, wakeAt, now };
    if (trouble === undefined) this.#onFrame(frame);
    else if (this.#wanted === undefined) this.#onFrame({ ...frame, trouble });
    else this.#onFrame({ ...frame, trouble: `wants to revert, cannot reach Consul: ${this.#wanted}; ${trouble}`, urgent: true });
  }

  async #waitOutTrouble(said: string): Promise<void> {
    const now = this.#parts.clock.now();
    const trouble = `${said}; ${this.#heartbeat.age()}`;
    this.#trouble = trouble;
    this.#report({ seen: this.#pilot.observe(now), why: trouble, wakeAt: now + RETRY, now }, trouble);
    await this.#wake.sleep(RETRY);
    // A Consul that takes a connection and says nothing must not hold up the next try.
    await Promise.race([this.#world.refresh().catch(() => undefined), sleep(RETRY, undefined, { ref: false })]);
  }
}

function standOf(rollout: Rollout | undefined): string {
  return rollout === undefined ? '' : `${rollout.state.phase} ${rollout.state.reason}`;
}
