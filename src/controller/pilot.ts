import { measurable } from '../core/agreement.js';
import { type Beginning, decideBeginning } from '../core/begin.js';
import { decide } from '../core/decide.js';
import { type Decision, type FirstLook, splitterWrite, wait } from '../core/decision.js';
import { countsAnew } from '../core/enter-step.js';
import { metaOf, storedLegs } from '../core/entries.js';
import { logEntry } from '../core/history.js';
import type { Observation, Peer } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { readRecord } from '../core/record.js';
import type { Roles } from '../core/roles.js';
import { askedCanary, isFinal, nextRollout, type Rollout } from '../core/rollout.js';
import { whyOwnShares } from '../core/route.js';
import type { Clock, DecisionLog, Mesh, Programs, SignalSource, Target, TrafficSource } from '../ports.js';
import { Evidence } from './evidence.js';
import { Followers } from './followers.js';
import { LogQueue } from './log-queue.js';
import { Overdue, type Stuck } from './overdue.js';
import { RunningPrograms } from './running-programs.js';
import { targetOf } from './target.js';
import { TrafficWindow } from './traffic-window.js';
import type { World } from './world.js';
import { writeEntry } from './write-entry.js';

/** What a pilot acts with. */
export interface PilotParts {
  readonly mesh: Pick<Mesh, 'write' | 'readEntry'>;
  readonly signals: SignalSource & TrafficSource;
  readonly log: DecisionLog;
  readonly programs: Programs;
  readonly clock: Clock;
  /** Hears that traffic has to go back and that Consul has not taken the write for a while. */
  readonly onStuck?: (stuck: Stuck) => void;
}

/** Which rollout to pilot: the one under way, or the roles and the name of the one to begin. */
export interface Flight {
  readonly plan: Plan;
  readonly rollout: Rollout | undefined;
  readonly roles: Roles;
  readonly beginning: Beginning;
  /** The plan of this digest, when a record by this flight's own driver follows another one than before, as when a person gives it new weights. */
  readonly planOf?: (digest: string) => Plan | undefined;
  /** Among several drivers of one rollout: a record that another one wrote is gone on with. Otherwise it ends the flight. */
  readonly shared: boolean;
  /** Where nobody may have watched the rollout under way before. */
  readonly firstLook?: FirstLook;
}

/** `advance`: whatever the decision asks for. `guard`: only what takes traffic back to stable. */
export type Role = 'advance' | 'guard';

/** What came of one turn. `left`: the rollout is another one's now, and why. */
export interface Turn {
  readonly kind: 'wrote' | 'waits' | 'left';
  readonly why: string;
  readonly wakeAt: number;
  readonly seen: Observation;
  readonly now: number;
  /** Whether the decision takes traffic back to stable, or tidies up after that. */
  readonly takesBack: boolean;
  /** Somebody else was faster with a write. */
  readonly lost?: boolean;
}

/** What may bear on a turn besides the world: the driver that is gone, and what holds an advance. */
export interface Circumstances {
  readonly lostDriver?: string;
  /** The other members of its group, as they stand at the moment of the decision. */
  readonly peers?: () => readonly Peer[];
  /** Why it is to be taken back, when that is decided elsewhere. */
  readonly undo?: string;
  /** Consul does not answer: nothing is asked of it, and a write that takes traffic back is given up soon, to be tried again. */
  readonly troubled?: boolean;
  /** Why an advance has to wait for others; undefined when it may go. Asked of every decision that takes nothing back. */
  readonly holdAdvance?: (decision: Decision, rollout: Rollout | undefined) => string | undefined;
}

/** Failures that no record holds yet are saved so often, ms. */
const SAVE_EVIDENCE = 5_000;
const LOOK_AGAIN = 250;
/** A request may hang on a server that is gone for as long as it is waited for, while there is a new leader already, ms. */
const TROUBLED_WRITE = 2_000;

/** Flies one rollout turn by turn: measure, decide, write. It never sleeps, and leaves to its host when the next turn comes. */
export class Pilot {
  readonly #flight: Flight;
  readonly #parts: PilotParts;
  readonly #world: World;
  readonly #stop: AbortSignal;
  readonly #evidence: Evidence;
  readonly #window: TrafficWindow;
  readonly #followers: Followers;
  readonly #log: LogQueue;
  readonly #programs: RunningPrograms;
  readonly #target: Target;
  #plan: Plan;
  readonly #overdue: Overdue;
  #rollout: Rollout | undefined;
  #weightsSince = 0;
  #looked = false;
  #savedAt: number;

  /** `ring` is called when a program of the user's has ended. */
  constructor(flight: Flight, parts: PilotParts, world: World, ring: () => void, stop: AbortSignal) {
    this.#flight = flight;
    this.#plan = flight.plan;
    this.#parts = parts;
    this.#world = world;
    this.#stop = stop;
    this.#rollout = flight.rollout;
    this.#savedAt = parts.clock.now();
    this.#window = new TrafficWindow(measurable(flight.plan.route), flight.roles.canary);
    this.#followers = new Followers(flight.roles.canary, measurable(flight.plan.route) === 'at-least');
    this.#log = new LogQueue(parts.log, flight.plan.service, flight.rollout?.id ?? flight.beginning.id);
    this.#programs = new RunningPrograms(parts.programs, ring);
    this.#overdue = new Overdue((stuck) => parts.onStuck?.(stuck));
    this.#evidence = new Evidence(flight.plan, parts.signals, flight.rollout?.tally ?? '');
    // What was seen before nobody watched is no evidence of how canary does now.
    if (flight.firstLook?.anew === true) this.#evidence.startStep();
    this.#target = targetOf(flight.plan, flight.roles, flight.rollout?.id ?? flight.beginning.id);
  }

  /** The record as this pilot knows it; undefined before the first one is written. */
  get rollout(): Rollout | undefined {
    return this.#rollout;
  }

  /** The plan that it is flown by now: the flight's, or one that its record has named since. */
  get plan(): Plan {
    return this.#plan;
  }

  /** What the signals say now. */
  get findings(): Observation['findings'] {
    return this.#evidence.findings;
  }

  /** How each caller follows the weights; undefined where none can be read. */
  get following(): Observation['following'] {
    return this.#followers.following(whyOwnShares(this.#plan, this.#world.seen().router));
  }

  /** One turn. `onDecision` hears of the decision before anything is written. Throws what Consul throws; the next turn looks again. */
  async turn(role: Role, onDecision: (turn: Turn) => void = () => undefined, about: Circumstances = {}): Promise<Turn> {
    await this.#measure(about);
    // A chain that cannot be read holds up an advance (nothing is in force without it), never a revert.
    if (role === 'advance' && about.troubled !== true && this.#rollout !== undefined && needsChain(this.#rollout))
      await this.#world.compile(this.#rollout.asked).catch(() => undefined);
    // From here to the decision nothing is awaited: an entry that comes in between would be written over by a record that does not know it.
    const left = this.#follow();
    const now = this.#parts.clock.now();
    const { peers, undo } = about;
    const told = { ...(peers === undefined ? {} : { peers: peers() }), ...(undo === undefined ? {} : { undo }) };
    const seen = { ...this.observe(now), ...told };
    if (left !== undefined) return { kind: 'left', why: left, wakeAt: now, seen, now, takesBack: false };
    const decision = this.#permit(role, this.#decide(seen, now, about), about, now);
    const { why, wakeAt } = decision;
    const turn: Turn = { kind: 'waits', why, wakeAt, seen, now, takesBack: takesBack(decision) };
    onDecision(turn);
    if (decision.call !== undefined) this.#programs.start(decision.call);
    if (decision.write !== undefined) {
      // Each decision is logged before the next one, so that a crash loses the last at most; only a revert waits for no log.
      if (!takesBack(decision)) await this.#log.flush();
      const writing = this.#write(decision, seen, about.troubled === true ? TROUBLED_WRITE : undefined);
      if (takesBack(decision)) writing.catch((error: Error) => this.#failedBack(decision, seen, now, error.message));
      const lost = !(await writing);
      this.#overdue.over();
      void this.#log.flush().catch(() => undefined);
      return { ...turn, kind: 'wrote', wakeAt: now, lost };
    }
    if (role === 'guard') {
      await this.#flushAsGuard(about);
      return turn;
    }
    await this.#log.flush();
    await this.#saveEvidence(seen, now);
    return turn;
  }

  /** All that is known now, as data for a decision. */
  observe(now: number): Observation {
    const shares = this.#window.shares(this.#rollout?.asked ?? []);
    const agreement = this.#rollout === undefined ? 'unknown' : this.#window.agreement(this.#rollout.asked, now);
    const { following } = this;
    const agreementAt = agreement === 'pending' ? this.#window.dueAt(now) : undefined;
    return {
      ...this.#world.seen(),
      agreement,
      findings: this.#evidence.findings,
      ...(this.#looked ? { coverage: this.#parts.signals.coverage(this.#target) } : {}),
      ...(following === undefined ? {} : { following }),
      ...(agreementAt === undefined ? {} : { agreementAt }),
      ...(shares === undefined ? {} : { observed: shares }),
    };
  }

  /** Ends what still runs, and says so in the log. */
  async close(): Promise<void> {
    await this.#programs.stop();
    const programs = this.#programs.takeUnlogged();
    if (this.#rollout !== undefined && programs.length > 0)
      this.#log.add(logEntry(this.#rollout, this.#parts.clock.now(), this.#evidence.findings, 0, 0, programs));
    await this.#log.flush();
  }

  /** What a guard has to log holds up no revert; but one that wrote the last record stays until that is logged. */
  async #flushAsGuard({ troubled = false }: Circumstances): Promise<void> {
    if (troubled || !this.#log.pending) return;
    const flushed = this.#log.flush();
    if (this.#rollout !== undefined && isFinal(this.#rollout)) await flushed;
    else flushed.catch(() => undefined);
  }

  async #measure({ troubled = false }: Circumstances): Promise<void> {
    if (this.#rollout === undefined) return;
    this.#looked ||= this.#watchesTraffic(this.#rollout);
    const [traffic] = await Promise.all([
      !troubled && this.#watchesTraffic(this.#rollout) ? this.#parts.signals.traffic(this.#target, this.#stop) : undefined,
      this.#evidence.measure(this.#target, this.#stop),
    ]);
    this.#window.add(traffic);
    this.#followers.add(traffic);
  }

  /** Among thousands of rollouts, one that stands still and counts no requests has nothing to learn from the sidecars. */
  #watchesTraffic({ state }: Rollout): boolean {
    return !this.#flight.shared || state.phase !== 'Paused' || this.#flight.plan.signals.some(({ source }) => source === 'envoy');
  }

  /** Takes over what others wrote to the record since; tells why when this pilot has nothing more to do. */
  #follow(): string | undefined {
    if (this.#world.weightsSince !== this.#weightsSince) {
      this.#weightsSince = this.#world.weightsSince;
      this.#window.weightsChanged(this.#weightsSince);
      this.#followers.weigh(storedLegs(this.#world.seen(), this.#plan.service), this.#weightsSince);
    }
    const stored = this.#world.seen().splitter;
    const record = stored === undefined ? undefined : readRecord(metaOf(stored.entry));
    const known = this.#rollout;
    if (record === undefined || known === undefined) return undefined;
    if (record.id !== known.id) {
      this.#rollout = record;
      return `another rollout (${record.id}, by ${record.by}) has begun`;
    }
    if (record.seq <= known.seq) return undefined;
    if (record.plan !== known.plan) this.#plan = this.#flight.planOf?.(record.plan) ?? this.#plan;
    this.#enter(record);
    if (this.#flight.shared) {
      // A write of its own that was not known to have been applied is logged by nobody else.
      if (record.driver === this.#flight.beginning.driver)
        this.#log.add(logEntry(record, this.#parts.clock.now(), this.#evidence.findings, 0, 0));
      return undefined;
    }
    // Its writer logs it too; this entry counts only if that one never comes.
    this.#log.add(logEntry(record, this.#parts.clock.now(), this.#evidence.findings, 0, 0));
    if (record.driver !== this.#flight.beginning.driver && !isFinal(record))
      return `${record.driver} drives it now, asked by ${record.by}`;
    return undefined;
  }

  #decide(seen: Observation, now: number, { lostDriver }: Circumstances): Decision {
    const { roles, beginning, shared } = this.#flight;
    const plan = this.#plan;
    if (this.#rollout === undefined) return decideBeginning(plan, seen, roles, beginning, now);
    // Whoever advances a shared rollout puts its own name into the next record.
    const rollout = shared ? { ...this.#rollout, driver: beginning.driver } : this.#rollout;
    const tally = this.#evidence.encoded();
    const { firstLook } = this.#flight;
    const about = {
      ...(lostDriver === undefined ? {} : { lostDriver }),
      ...(firstLook === undefined ? {} : { firstLook }),
    };
    return decide({ plan, rollout, seen, tally, ran: this.#programs.ended, now, ...about });
  }

  /** The decision as far as the role and the others allow it. */
  #permit(role: Role, decision: Decision, { holdAdvance }: Circumstances, now: number): Decision {
    if (takesBack(decision)) return decision;
    const acts = decision.write !== undefined || decision.call !== undefined;
    if (role === 'guard') return acts ? wait(decision.why, now + LOOK_AGAIN) : decision;
    const held = holdAdvance?.(decision, this.#rollout);
    return held === undefined || !acts ? decision : wait(held, now + LOOK_AGAIN);
  }

  /** False when somebody else was faster. */
  async #write(decision: Decision, seen: Observation, timeout?: number): Promise<boolean> {
    const write = decision.write!;
    const indexBefore = write.cas;
    // A lost answer holds up no revert: the next turn looks at what is stored before it decides.
    if ((await writeEntry(this.#parts.mesh, write, { timeout, settles: false })) !== 'written') {
      await this.#world.refresh();
      return false;
    }
    await this.#world.reread(write.kind);
    if (decision.next === undefined) return true;
    const stored = this.#world.seen().splitter;
    const before = this.#rollout;
    // The writer of the record before may not have lived to log it; the log prefers its own entry if that comes.
    if (this.#flight.shared && before !== undefined && before.driver !== this.#flight.beginning.driver)
      this.#log.add(logEntry(before, this.#parts.clock.now(), [], 0, 0));
    this.#evidence.markSaved();
    this.#enter(decision.next);
    const own = stored !== undefined && readRecord(metaOf(stored.entry))?.seq === decision.next.seq;
    const [at, indexAfter] = [this.#parts.clock.now(), own ? stored.modifyIndex : 0];
    const programs = this.#programs.takeUnlogged();
    this.#log.add(logEntry(decision.next, at, seen.findings, indexBefore, indexAfter, programs, seen.observed));
    return true;
  }

  #failedBack({ next }: Decision, { findings }: Observation, at: number, why: string): void {
    const before = this.#rollout;
    if (next === undefined || before === undefined) return;
    this.#overdue.failed({ plan: this.#flight.plan, before, next, at, findings, why });
  }

  #enter(next: Rollout): void {
    const before = this.#rollout;
    this.#rollout = next;
    this.#savedAt = this.#parts.clock.now();
    if (before !== undefined && countsAnew(before, next)) this.#evidence.startStep();
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
    const write = splitterWrite(seen, this.#flight.plan.service, next, false);
    await this.#write({ why: write.why, wakeAt: now, write, next }, seen);
  }
}

/** Whether canary's traffic goes back to stable with this decision, or has gone and is tidied up after. */
function takesBack({ next }: Decision): boolean {
  return next?.state.phase === 'Reverting' || next?.state.phase === 'Reverted';
}

/** How soon to look at the signals again: a failing version is seen within `tick` ms while canary has traffic. */
export function isWatchful(rollout: Rollout | undefined): boolean {
  return rollout === undefined || askedCanary(rollout) > 0 || rollout.state.phase === 'Pending';
}

function needsChain({ state }: Rollout): boolean {
  return state.phase === 'Pending' || state.phase === 'Progressing' || state.phase === 'Baking';
}
