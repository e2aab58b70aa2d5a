import { setMaxListeners } from 'node:events';
import { measurable } from '../core/agreement.js';
import { type Beginning, decideBeginning } from '../core/begin.js';
import { decide } from '../core/decide.js';
import { type Decision, splitterWrite } from '../core/decision.js';
import { metaOf } from '../core/entries.js';
import { logEntry } from '../core/history.js';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { readRecord } from '../core/record.js';
import type { Roles } from '../core/roles.js';
import { askedCanary, hookAtEnd, isFinal, nextRollout, type Rollout } from '../core/rollout.js';
import type {
  Clock,
  DecisionLog,
  FreezeSwitch,
  HeldLock,
  Mesh,
  Programs,
  SignalSource,
  Target,
  TrafficSource,
} from '../ports.js';
import { Evidence } from './evidence.js';
import { LogQueue } from './log-queue.js';
import { RunningPrograms } from './running-programs.js';
import { TrafficWindow } from './traffic-window.js';
import { Wake } from './wake.js';
import { World } from './world.js';

/** What a driver needs besides the plan. */
export interface DriverParts {
  readonly mesh: Mesh;
  readonly signals: SignalSource & TrafficSource;
  readonly log: DecisionLog;
  readonly lock: HeldLock;
  readonly programs: Programs;
  readonly freeze: FreezeSwitch;
  readonly clock: Clock;
  /** Whether a failure of Consul may pass by itself, so that waiting for it makes sense. */
  readonly isPassing: (error: unknown) => boolean;
}

/** What to drive: the rollout under way, or the roles and the name of the one to begin. */
export interface Drive {
  readonly plan: Plan;
  readonly rollout: Rollout | undefined;
  readonly roles: Roles;
  readonly beginning: Beginning;
  /** How long to go on watching at the target, ms. */
  readonly hold: number;
  /** How long to wait for a person when the rollout is held, ms. */
  readonly patience: number;
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
  readonly kind: 'finished' | 'target' | 'needs-person' | 'interrupted' | 'left';
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
const SAVE_EVIDENCE = 5_000;

/** Drives one rollout in the foreground: observe, decide, write, sleep; until it ends, reaches its target, needs a person for too long, or `abort` fires. */
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
  readonly #stop: AbortSignal;
  readonly #evidence: Evidence;
  readonly #window: TrafficWindow;
  readonly #log: LogQueue;
  readonly #programs: RunningPrograms;
  readonly #target: Target;
  #rollout: Rollout | undefined;
  #heldSince: number;
  #weightsSince = 0;
  #savedAt: number;
  #beatAt = 0;
  #troubleSince: number | undefined;

  constructor(task: Drive, parts: DriverParts, world: World, wake: Wake, onFrame: (frame: Frame) => void, stop: AbortSignal) {
    this.#task = task;
    this.#parts = parts;
    this.#world = world;
    this.#wake = wake;
    this.#onFrame = onFrame;
    this.#stop = stop;
    this.#rollout = task.rollout;
    const now = parts.clock.now();
    this.#window = new TrafficWindow(measurable(task.plan.route), task.roles.canary);
    this.#log = new LogQueue(parts.log, task.plan.service, task.rollout?.id ?? task.beginning.id);
    this.#programs = new RunningPrograms(parts.programs, () => wake.ring());
    this.#evidence = new Evidence(task.plan, parts.signals, task.rollout?.tally ?? '');
    this.#heldSince = now;
    this.#savedAt = now;
    const { service, namespace, partition, datacenter, callers } = task.plan;
    const where = Object.fromEntries(
      Object.entries({ namespace, partition, datacenter }).filter(([, value]) => value !== undefined),
    );
    this.#target = { service, ...where, stable: task.roles.stable, canary: task.roles.canary, callers };
  }

  async run(abort: AbortSignal): Promise<DriveEnd> {
    await this.#world.open();
    for (;;) {
      try {
        const end = abort.aborted
          ? ({ kind: 'interrupted', rollout: this.#rollout, why: 'interrupted' } as const)
          : await this.#turn();
        if (end !== undefined) {
          await this.#giveUpPrograms();
          await this.#log.flush();
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

  /** One turn of the loop: measure, decide, then write or sleep. */
  async #turn(): Promise<DriveEnd | undefined> {
    await this.#measure();
    // A chain that cannot be read holds up an advance (nothing is in force without it), never a revert.
    if (this.#rollout !== undefined) await this.#world.compile(this.#rollout.asked).catch(() => undefined);
    // From here to the decision nothing is awaited: an entry that comes in between would be written over by a record that does not know it.
    const left = this.#follow();
    if (left !== undefined) return left;
    const now = this.#parts.clock.now();
    const seen = this.#observe(now);
    const decision = this.#decide(seen, now);
    this.#report(seen, decision, now);
    if (decision.call !== undefined) this.#programs.start(decision.call);
    if (decision.write !== undefined) {
      // Each decision is logged before the next one, so that a crash loses the last at most; only a revert waits for no log.
      if (!takesBack(decision)) await this.#log.flush();
      await this.#write(decision, seen);
      void this.#log.flush().catch(() => undefined);
      return undefined;
    }
    await this.#log.flush();
    void this.#beat(seen, decision, now);
    const end = this.#ended(now);
    if (end !== undefined) return end;
    await this.#saveEvidence(seen, now);
    await this.#wake.sleep(Math.max(1, Math.min(decision.wakeAt - now, this.#tick())));
    return undefined;
  }

  async #measure(): Promise<void> {
    if (this.#rollout === undefined) return;
    const [traffic] = await Promise.all([
      this.#parts.signals.traffic(this.#target, this.#stop),
      this.#evidence.measure(this.#target, this.#stop),
    ]);
    this.#window.add(traffic);
  }

  /** Takes over what others wrote to the record since; tells when this drive has nothing more to do. */
  #follow(): DriveEnd | undefined {
    if (this.#world.weightsSince !== this.#weightsSince) {
      this.#weightsSince = this.#world.weightsSince;
      this.#window.weightsChanged(this.#weightsSince);
    }
    const stored = this.#world.seen().splitter;
    const record = stored === undefined ? undefined : readRecord(metaOf(stored.entry));
    const known = this.#rollout;
    if (record === undefined || known === undefined) return undefined;
    if (record.id !== known.id)
      return { kind: 'left', rollout: record, why: `another rollout (${record.id}, by ${record.by}) has begun` };
    if (record.seq <= known.seq) return undefined;
    this.#enter(record);
    // Its writer logs it too; this entry counts only if that one never comes.
    this.#log.add(logEntry(record, this.#parts.clock.now(), this.#evidence.findings, 0, 0));
    if (record.driver !== this.#task.beginning.driver && !isFinal(record))
      return { kind: 'left', rollout: record, why: `${record.driver} drives it now, asked by ${record.by}` };
    return undefined;
  }

  #observe(now: number): Observation {
    const shares = this.#window.shares();
    const agreement = this.#rollout === undefined ? 'unknown' : this.#window.agreement(this.#rollout.asked, now);
    return {
      ...this.#world.seen(),
      agreement,
      findings: this.#evidence.findings,
      ...(shares === undefined ? {} : { observed: shares }),
    };
  }

  #decide(seen: Observation, now: number): Decision {
    const { plan, roles, beginning } = this.#task;
    if (this.#rollout === undefined) return decideBeginning(plan, seen, roles, beginning, now);
    return decide({ plan, rollout: this.#rollout, seen, tally: this.#evidence.encoded(), ran: this.#programs.ended, now });
  }

  async #write(decision: Decision, seen: Observation): Promise<void> {
    const write = decision.write!;
    const indexBefore = write.cas;
    const result = await this.#parts.mesh.write(write);
    await this.#world.refresh();
    if (result === 'lost' || decision.next === undefined) return;
    const stored = this.#world.seen().splitter;
    this.#evidence.markSaved();
    this.#enter(decision.next);
    const own = stored !== undefined && readRecord(metaOf(stored.entry))?.seq === decision.next.seq;
    const [at, indexAfter] = [this.#parts.clock.now(), own ? stored.modifyIndex : 0];
    this.#log.add(logEntry(decision.next, at, seen.findings, indexBefore, indexAfter, this.#programs.takeUnlogged()));
  }

  /** What still runs when this drive ends is ended too, and the log says so. */
  async #giveUpPrograms(): Promise<void> {
    await this.#programs.stop();
    const programs = this.#programs.takeUnlogged();
    if (this.#rollout === undefined || programs.length === 0) return;
    this.#log.add(logEntry(this.#rollout, this.#parts.clock.now(), this.#evidence.findings, 0, 0, programs));
  }

  #enter(next: Rollout): void {
    const before = this.#rollout;
    this.#rollout = next;
    const now = this.#parts.clock.now();
    this.#savedAt = now;
    if (before?.state.phase !== next.state.phase || before.state.reason !== next.state.reason) this.#heldSince = now;
    const counted = next.state.phase === 'Progressing' || next.state.phase === 'Baking';
    if (before !== undefined && counted && before.state.step !== next.state.step) this.#evidence.startStep();
  }

  #ended(now: number): DriveEnd | undefined {
    const rollout = this.#rollout;
    if (rollout === undefined) return undefined;
    if (isFinal(rollout))
      return hookAtEnd(rollout) === undefined ? { kind: 'finished', rollout, why: rollout.message } : undefined;
    if (rollout.state.phase !== 'Paused') return undefined;
    const held = now - this.#heldSince;
    if (rollout.state.reason === 'TargetReached')
      return held >= this.#task.hold ? { kind: 'target', rollout, why: rollout.message } : undefined;
    return held >= Math.max(this.#task.patience, this.#task.hold)
      ? { kind: 'needs-person', rollout, why: rollout.message }
      : undefined;
  }

  /** Failures are saved while nothing else is written, so that a crash forgives none of them for long. */
  async #saveEvidence(seen: Observation, now: number): Promise<void> {
    const rollout = this.#rollout;
    if (
      rollout === undefined ||
      seen.splitter === undefined ||
      isFinal(rollout) ||
      !this.#evidence.unsaved ||
      now < this.#savedAt + SAVE_EVIDENCE
    )
      return;
    if (readRecord(metaOf(seen.splitter.entry))?.seq !== rollout.seq) return;
    const next = nextRollout(rollout, { tally: this.#evidence.encoded() });
    const write = splitterWrite(seen.splitter, this.#task.plan.service, next, false);
    await this.#write({ why: write.why, wakeAt: now, write, next }, seen);
  }

  async #beat(seen: Observation, decision: Decision, now: number): Promise<void> {
    if (now < this.#beatAt + BEAT) return;
    this.#beatAt = now;
    const live = {
      why: decision.why,
      wakeAt: decision.wakeAt,
      findings: seen.findings,
      ...(seen.observed === undefined ? {} : { observed: seen.observed }),
    };
    // A lost lock, or a beat that fails, is no reason to stop: whoever takes over writes its own name into the record, and that is.
    await this.#parts.lock.beat(live).catch(() => false);
  }

  #tick(): number {
    if (this.#rollout === undefined) return TICK;
    return askedCanary(this.#rollout) > 0 || this.#rollout.state.phase === 'Pending' ? TICK : IDLE_TICK;
  }

  #report(seen: Observation, decision: Decision, now: number, trouble?: string): void {
    const frame = { plan: this.#task.plan, rollout: this.#rollout, seen, why: decision.why, wakeAt: decision.wakeAt, now };
    this.#onFrame(trouble === undefined ? frame : { ...frame, trouble });
  }

  async #waitOutTrouble(trouble: string): Promise<void> {
    const now = this.#parts.clock.now();
    this.#report(this.#observe(now), { why: trouble, wakeAt: now + RETRY }, now, trouble);
    await this.#wake.sleep(RETRY);
    await this.#world.refresh().catch(() => undefined);
  }
}

function takesBack({ next }: Decision): boolean {
  return next?.state.phase === 'Reverting' || next?.state.phase === 'Reverted';
}
