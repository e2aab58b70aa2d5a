import { setMaxListeners } from 'node:events';
import { FOREGROUND } from '../core/driver-lost.js';
import { type EntryKind, metaOf, type StoredEntry } from '../core/entries.js';
import type { Instances } from '../core/observation.js';
import type { Plan, Wave } from '../core/plan.js';
import { isHome, readRecord } from '../core/record.js';
import { chargeOf } from '../core/rendezvous.js';
import { hookAtEnd, isFinal, type Rollout } from '../core/rollout.js';
import { type Freeze, isFrozen } from '../core/schedule/freeze.js';
import type { Clock, Entries, Mesh, MeshLists } from '../ports.js';
import { Backoff } from './backoff.js';
import { followCriticalChecks } from './critical-checks.js';
import type { ControllerEvent } from './events.js';
import { ABSENT_KEY_PACE, follow } from './follow.js';
import { Groups } from './groups.js';
import { InstanceWatch } from './instance-watch.js';
import { liveRecord, Overview } from './overview.js';
import type { Role, Turn } from './pilot.js';
import { Post, type PostParts } from './post.js';
import { Recovery } from './recovery.js';
import { sightOf } from './sight.js';
import type { RolloutSnapshot, Sight } from './snapshot.js';
import { Turns } from './turns.js';
import { WaveRuns } from './wave-runs.js';
import type { SiteParts } from './wave-site.js';

/** What a controller acts with. */
export interface ControllerParts extends PostParts {
  readonly mesh: Mesh & MeshLists;
  readonly clock: Clock;
  /** The parts of a further Consul, where the plan goes on in a wave. Throws when its settings cannot be read. */
  openWave(wave: Wave, plan: Plan): SiteParts;
  /** The plan that a rollout follows; undefined when it is not kept any more. */
  findPlan(service: string, rollout: Rollout): Promise<Plan | undefined>;
  /** Whether the foreground driver of this id still holds the service's lock. */
  lives(service: string, driver: string): Promise<boolean>;
  /** The service that somebody rang for, with the index to wait beyond. */
  listen(index: number, abort: AbortSignal): Promise<{ readonly service: string | undefined; readonly index: number }>;
  /** Throws as long as Consul cannot answer with a quorum. */
  probe(): Promise<void>;
  /** Whether a failure of Consul may pass by itself. */
  readonly isPassing: (error: unknown) => boolean;
  readonly onEvent: (event: ControllerEvent) => void;
}

const HOLDER_READ_EVERY = 1_000;
/** Until somebody rings for the first time the key is absent, and answers to each write of any key, ms. */
const DOORBELL_PACE = 50;
const REFUSED = { first: 1_000, last: 60_000 };
/** Between two first looks at rollouts that stand still, ms. */
const STANDING_EVERY = 2;
/** While Consul cannot answer, signals are looked at this often; a revert that is due is tried each time. */
const TROUBLE_TICK = 500;

interface Known {
  readonly post: Post;
  last: Rollout;
  owned: boolean;
  watched: boolean;
  holder: { readonly driver: string; readonly lives: boolean; readonly at: number } | undefined;
}

/** Looks after all rollouts of a datacenter, beside other controllers: observes, lets each pilot turn when it is due, and advances only what is its own. */
export class Controller {
  readonly #id: string;
  readonly #startedAt: number;
  readonly #parts: ControllerParts;
  readonly #overview: Overview;
  readonly #instances: InstanceWatch;
  readonly #turns: Turns;
  readonly #recovery: Recovery;
  readonly #groups: Groups;
  readonly #waves: WaveRuns;
  readonly #posts = new Map<string, Known>();
  readonly #refused = new Map<string, string>();
  readonly #refusals = new Map<string, Backoff>();
  readonly #stop = new AbortController();
  #members: readonly string[] = [];
  #freeze: Freeze | undefined;
  #watched = 0;

  constructor(id: string, parts: ControllerParts) {
    this.#id = id;
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
    // Every blocking query listens on it.
    setMaxListeners(0, this.#stop.signal);
    this.#recovery = new Recovery(
      {
        clock: parts.clock,
        probe: () => parts.probe(),
        isPassing: parts.isPassing,
        onTrouble: (message) => parts.onEvent({ kind: 'trouble', message }),
        // What was to be taken back goes first.
        beforeCalm: () => {
          for (const [service, { post }] of this.#posts) if (post.urgent) this.#turns.ring(service);
        },
        onCalm: (after) => parts.onEvent({ kind: 'calm', after }),
      },
      this.#stop.signal,
    );
    this.#overview = new Overview(
      parts.mesh,
      (service, kind, entry) => this.#heard(service, kind, entry),
      () => this.#begin(),
    );
    this.#groups = new Groups(
      this.#overview,
      (service) => this.#posts.get(service)?.post.rollout,
      (service) => this.#turns.ring(service),
    );
    this.#waves = new WaveRuns(`controller:${id}`, {
      ...parts,
      home: (service) => readRecord(metaOf(this.#overview.entriesOf(service).splitter?.entry)),
      role: (service) => (this.#allowsWaves() ? this.#roleOf(service) : 'guard'),
      mayBegin: (service) => this.#roleOf(service) !== undefined && this.#members.includes(this.#id),
      ring: (service) => this.#turns.ring(service),
      tell: (service, state) => parts.onEvent({ kind: 'waves', service, state }),
      trouble: (service, message, hint) => this.#tellOnce(`${service} in waves`, service, message, hint),
    });
    this.#instances = new InstanceWatch(parts.mesh, (service) => {
      this.#posts.get(service)?.post.recount();
      this.#turns.ring(service);
    });
    this.#turns = new Turns(
      parts.clock,
      (service) => this.#turn(service),
      (ms) => parts.onEvent({ kind: 'lag', ms }),
    );
  }

  /** Works until `stop`. */
  async run(): Promise<void> {
    const { signal } = this.#stop;
    const onTrouble = (error: Error): void => this.troubled(error);
    await Promise.all([
      this.#overview.run(signal, onTrouble),
      this.#instances.run(signal),
      follow((index) => this.#listen(index), signal, { onTrouble, pace: () => DOORBELL_PACE }),
      followCriticalChecks(this.#parts.mesh, (services) => this.#recount(services), signal, onTrouble),
      follow((index) => this.#followFreeze(index), signal, { onTrouble, pace: () => ABSENT_KEY_PACE }),
    ]);
  }

  /** Ends every turn that is under way, and begins no other. */
  async stop(): Promise<void> {
    await this.#turns.stop();
    await this.#waves.stop();
    await Promise.all([...this.#posts.values()].map(({ post }) => post.close()));
    this.#stop.abort();
  }

  /** Who is there now, this controller among them (or not: then it guards what it has, and advances nothing). */
  setMembers(members: readonly string[]): void {
    this.#members = members;
    this.#ringAll();
  }

  /** Whether all lists were read, and when the loop last turned. */
  get health(): { readonly complete: boolean; readonly turnedAt: number; readonly troubleSince: number | undefined } {
    return { complete: this.#overview.complete, turnedAt: this.#turns.turnedAt, troubleSince: this.#recovery.since };
  }

  /** The rollouts that this controller looks after, as they are known here. */
  snapshots(): readonly RolloutSnapshot[] {
    return [...this.#posts].map(([service, { post }]) =>
      post.snapshot(service, this.#roleOf(service) === 'advance' ? 'owner' : 'guardian'),
    );
  }

  /** Every service that has a splitter, as the lists tell. */
  services(): Iterable<string> {
    return this.#overview.services();
  }

  /** The services whose rollouts this controller looks after. */
  attended(): Iterable<string> {
    return this.#posts.keys();
  }

  /** What is known here of a service; undefined when it has no splitter. */
  sightOf(service: string): Sight | undefined {
    const known = this.#posts.get(service);
    return sightOf(service, {
      entries: this.#overview.entriesOf(service),
      post: known?.post,
      freeze: this.#freeze,
      driverIsGone: known?.holder?.lives === false,
      owner: chargeOf(this.#groups.keyOf(service), this.#members).owner,
    });
  }

  /** The freeze as last heard. */
  get freeze(): Freeze | undefined {
    return this.#freeze;
  }

  /** Whether anything may be begun now: Consul answers, everything was read once, and this controller is a member. */
  get mayBegin(): boolean {
    const { complete } = this.#overview;
    return complete && this.#members.includes(this.#id) && this.#recovery.allowsAdvance(this.#parts.clock.now());
  }

  /** Whether this controller answers for the service. */
  owns(service: string): boolean {
    return this.#roleOf(service) === 'advance';
  }

  /** The entries of a service as the lists tell them. */
  entriesOf(service: string): Entries {
    return this.#overview.entriesOf(service);
  }

  /** The plan of a rollout that this controller advances or guards; undefined when nobody here looks after it. */
  planOf(service: string): Plan | undefined {
    return this.#posts.get(service)?.post.plan;
  }

  /** The instances of a subset of a service as last counted; undefined when nobody here counts them. */
  instancesOf(service: string, subset: string): Instances | undefined {
    return this.#posts.get(service)?.post.instancesOf(subset);
  }

  #roleOf(service: string): Role | undefined {
    const { owner, guardian } = chargeOf(this.#groups.keyOf(service), this.#members);
    if (owner === this.#id) return 'advance';
    // One that lost its membership goes on guarding what it has: taking traffic back needs no membership.
    return guardian === this.#id || !this.#members.includes(this.#id) ? 'guard' : undefined;
  }

  /** Home's freeze holds what home begins elsewhere. */
  #allowsWaves(): boolean {
    const now = this.#parts.clock.now();
    return this.#recovery.allowsAdvance(now) && !isFrozen(this.#freeze, now);
  }

  #begin(): void {
    if (this.#recovery.since === undefined) this.#parts.onEvent({ kind: 'calm', after: 0 });
    this.#ringAll();
  }

  #needsSomebody(rollout: Rollout): boolean {
    return !isFinal(rollout) || hookAtEnd(rollout) !== undefined || this.#groups.callsBack(rollout);
  }

  /** Those that move come first; those that stand still follow at a pace that Consul hardly feels. */
  #ringAll(): void {
    const now = this.#parts.clock.now();
    let standing = 0;
    for (const [service, rollout] of this.#overview.live())
      this.#turns.ring(service, rollout.state.phase === 'Paused' ? now + STANDING_EVERY * standing++ : now);
    for (const service of this.#overview.grouped()) this.#turns.ring(service);
    for (const service of this.#overview.waved()) this.#turns.ring(service);
    // Those that left this controller's charge are closed.
    for (const service of this.#posts.keys()) this.#turns.ring(service);
  }

  #heard(service: string, kind: EntryKind, entry: StoredEntry | undefined): void {
    this.#parts.onEvent({ kind: 'entry', service });
    const known = this.#posts.get(service);
    if (kind === 'service-splitter') this.#groups.ringOthers(service);
    if (kind === 'service-splitter' && isHome(metaOf(entry?.entry))) this.#turns.ring(service);
    if (known === undefined) {
      if (kind === 'service-splitter' && liveRecord(entry) !== undefined) this.#turns.ring(service);
      return;
    }
    // The lists tell of each own write too: that is no news, and no reason for a turn.
    const ring = (news: boolean): void => (news ? this.#turns.ring(service) : undefined);
    void known.post.hear(kind, entry).then(ring, (error: Error) => this.troubled(error));
  }

  async #listen(index: number): Promise<number> {
    const { service, index: next } = await this.#parts.listen(index, this.#stop.signal);
    if (service !== undefined && next !== index) await this.#readSplitter(service);
    return next;
  }

  async #followFreeze(index: number): Promise<number> {
    const { freeze, index: next } = await this.#parts.freeze.readFreeze({ index, abort: this.#stop.signal });
    if (JSON.stringify(freeze) !== JSON.stringify(this.#freeze)) {
      this.#freeze = freeze;
      for (const { post } of this.#posts.values()) post.hearFreeze(freeze);
      this.#parts.onEvent({ kind: 'freeze', freeze });
      this.#ringAll();
    }
    return next;
  }

  async #readSplitter(service: string): Promise<void> {
    const { entry, index } = await this.#parts.mesh.readEntry('service-splitter', service, { abort: this.#stop.signal });
    this.#overview.hear(service, 'service-splitter', entry, index);
  }

  #recount(services: ReadonlySet<string>): void {
    for (const [service, { post }] of this.#posts) {
      if (!services.has('') && !services.has(service)) continue;
      post.recount();
      this.#turns.ring(service);
    }
  }

  /** One turn of one service: never throws. Gives when the next one is due. */
  async #turn(service: string): Promise<number | undefined> {
    const { clock } = this.#parts;
    try {
      const troubled = this.#recovery.since !== undefined;
      if (this.#overview.complete && !troubled) await this.#waves.look(service);
      // What is not open yet needs its plan from Consul; what is open is kept, whoever's charge it is, and taken back if it has to be.
      if (troubled && !this.#posts.has(service)) return this.#soon();
      const known = troubled ? this.#posts.get(service) : await this.#open(service);
      if (known === undefined) return undefined;
      this.#noteOwner(service, known);
      const turn = await this.#fly(service, known);
      this.#refused.delete(service);
      this.#refusals.delete(service);
      if (turn.kind === 'wrote') this.#recovery.leave();
      return this.#after(service, known, turn);
    } catch (error) {
      if (this.#parts.isPassing(error)) {
        this.troubled(error as Error);
        return this.#soon();
      }
      return clock.now() + this.#refuse(service, error as Error & { readonly hint?: string });
    }
  }

  /** When to look again while Consul does not answer: not all at once. */
  #soon(): number {
    return this.#parts.clock.now() + TROUBLE_TICK * (0.5 + Math.random());
  }

  /** The post of a service whose rollout is live and in this controller's charge; opened, replaced or closed as the record says. */
  async #open(service: string): Promise<Known | undefined> {
    const known = this.#posts.get(service);
    const record = readRecord(metaOf(this.#overview.entriesOf(service).splitter?.entry));
    // A record that somebody dropped is not the end of the rollout: its pilot knows it, and puts it right.
    const rollout = record ?? known?.post.rollout;
    if (rollout === undefined || (known === undefined && !this.#overview.complete)) return undefined;
    const inCharge = this.#roleOf(service) !== undefined;
    const own = known !== undefined && known.post.rollout.id === rollout.id && known.post.rollout.plan === rollout.plan;
    if (own && inCharge) return known;
    await this.#close(service);
    if (!inCharge || !this.#needsSomebody(rollout) || !this.#members.includes(this.#id)) return undefined;
    const plan = await this.#parts.findPlan(service, rollout);
    if (plan === undefined)
      throw Object.assign(new Error(`the plan ${rollout.plan.slice(0, 7)} of the rollout of ${service} is not in KV any more`), {
        hint: `splitter start PLAN   begins it anew;   splitter abort ${service}   takes it back`,
      });
    const entries = this.#overview.entriesOf(service);
    const ring = (): void => this.#turns.ring(service);
    // Another controller, or the one before it within its lease, cannot be told from nobody: so it is looked at, and its clock is left alone.
    const unwatched = rollout.enteredAt < this.#startedAt && this.#members.every((id) => id === this.#id);
    const post = new Post(plan, rollout, { entries, unwatched }, `controller:${this.#id}`, this.#parts, ring);
    const opened: Known = {
      post,
      last: rollout,
      owned: false,
      holder: undefined,
      watched: false,
    };
    post.hearFreeze(this.#freeze);
    this.#posts.set(service, opened);
    this.#instances.add(service);
    return opened;
  }

  async #close(service: string): Promise<void> {
    const known = this.#posts.get(service);
    if (known === undefined) return;
    this.#posts.delete(service);
    this.#instances.remove(service);
    this.#groups.forget(service);
    if (known.watched) this.#watched--;
    await known.post.close();
  }

  #noteOwner(service: string, known: Known): void {
    const owned = this.#roleOf(service) === 'advance';
    const { post } = known;
    if (owned && !known.owned) this.#parts.onEvent({ kind: 'owned', service, rollout: post.rollout.id, plan: post.plan });
    known.owned = owned;
  }

  async #fly(service: string, known: Known): Promise<Turn> {
    const about: { lostDriver?: string; troubled: boolean } = { troubled: this.#recovery.since !== undefined };
    const role = await this.#roleNow(service, known, about);
    return known.post.turn(role, { ...about, ...this.#groups.about(known.post.plan) });
  }

  /** What this controller may do with the rollout now; a foreground driver that lives is left to advance it. */
  async #roleNow(service: string, known: Known, about: { lostDriver?: string }): Promise<Role> {
    const role = this.#roleOf(service) ?? 'guard';
    if (role === 'guard' || !this.#recovery.allowsAdvance(this.#parts.clock.now())) return 'guard';
    const { driver } = known.post.rollout;
    if (!FOREGROUND.test(driver)) return role;
    const now = this.#parts.clock.now();
    if (known.holder?.driver !== driver || now >= known.holder.at + HOLDER_READ_EVERY)
      known.holder = { driver, lives: await this.#parts.lives(service, driver), at: now };
    if (known.holder.lives) return 'guard';
    about.lostDriver = driver;
    return role;
  }

  /** What follows from a turn: who hears of it, and when the next one is due. */
  #after(service: string, known: Known, turn: Turn): number | undefined {
    const { clock, onEvent } = this.#parts;
    const { post, last } = known;
    const { rollout } = post;
    if (turn.lost === true) onEvent({ kind: 'conflict', service });
    if (rollout.id === last.id && rollout.seq > last.seq) {
      known.last = rollout;
      const { driver } = rollout;
      this.#groups.ringOthers(service);
      // Not by what the turn wrote: a write whose outcome was not known at first is followed later.
      const own = driver === `controller:${this.#id}`;
      // A controller that is gone counts nothing: a record that still names it is a person's.
      const others = this.#members.some((id) => driver === `controller:${id}`);
      const counts = own || (known.owned && !others);
      onEvent({ kind: 'decided', service, plan: post.plan, rollout, before: last, findings: turn.seen.findings, counts });
    }
    if (turn.kind === 'left' || turn.kind === 'wrote') return clock.now();
    if (!this.#needsSomebody(rollout)) {
      // Its last record may not be logged yet.
      if (this.#recovery.since !== undefined) return this.#soon();
      void this.#close(service);
      return undefined;
    }
    this.#countWatched(known);
    if (awaitsInstances(rollout, post.plan)) this.#instances.urge(service);
    const foreground = FOREGROUND.test(rollout.driver) && rollout.state.phase !== 'Paused';
    const guards = foreground ? HOLDER_READ_EVERY : Number.POSITIVE_INFINITY;
    const troubled = this.#recovery.allowsAdvance(turn.now) ? Number.POSITIVE_INFINITY : TROUBLE_TICK;
    const tick = Math.min(post.tick(this.#watched), guards, troubled);
    return Math.max(turn.now + 1, Math.min(turn.wakeAt, turn.now + tick));
  }

  #countWatched(known: Known): void {
    const watched = Number.isFinite(known.post.tick(0));
    if (watched !== known.watched) this.#watched += watched ? 1 : -1;
    known.watched = watched;
  }

  /** Takes note of a failure: one that may pass holds all advances until Consul answers; another is told. */
  troubled(error: Error): void {
    if (this.#stop.signal.aborted) return;
    if (!this.#parts.isPassing(error)) {
      this.#refuse('', error);
      return;
    }
    this.#recovery.enter(error);
  }

  /** Tells what will not pass by itself, once; gives how long to wait before the service is tried again, ms. */
  #refuse(service: string, error: Error & { readonly hint?: string }): number {
    this.#tellOnce(service, service, error.message, error.hint ?? '');
    const backoff = this.#refusals.get(service) ?? new Backoff(REFUSED.first, REFUSED.last);
    this.#refusals.set(service, backoff);
    return backoff.next();
  }

  #tellOnce(key: string, service: string, message: string, hint: string): void {
    if (this.#refused.get(key) === message) return;
    this.#refused.set(key, message);
    this.#parts.onEvent({ kind: 'refused', service, message, hint });
  }
}

/** Whether the rollout goes on, or back, as soon as enough instances are ready. */
function awaitsInstances({ state }: Rollout, plan: Plan): boolean {
  return state.phase === 'Pending' || state.reason === 'StableGone' || plan.steps[state.step]?.kind === 'wait';
}
