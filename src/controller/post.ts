import { setMaxListeners } from 'node:events';
import { type EntryKind, type StoredEntry, storedLegs } from '../core/entries.js';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { askedCanary, type Rollout } from '../core/rollout.js';
import type { Freeze } from '../core/schedule/freeze.js';
import type { Entries, FreezeSwitch, Mesh } from '../ports.js';
import type { Circumstances } from './pilot.js';
import { Pilot, type PilotParts, type Role, type Turn } from './pilot.js';
import type { RolloutSnapshot } from './snapshot.js';
import { World } from './world.js';

/** Between two looks at the callers' sidecars, ms: a failing version is seen within this time. */
const TICK = 100;
/** Sources that are asked for a number have intervals of their own, seldom under a second. */
const SCALAR_TICK = 1_000;

/** What a post acts with. */
export interface PostParts extends PilotParts {
  readonly mesh: Mesh;
  readonly freeze: FreezeSwitch;
}

/** One service that a controller looks after: its world, told by the controller's lists, and the pilot of its rollout. */
export class Post {
  readonly plan: Plan;
  readonly pilot: Pilot;
  readonly #world: World;
  readonly #now: () => number;
  readonly #stop = new AbortController();
  #counted = false;
  /** Whether instances were counted at least once: without that canary looks empty, which would take it back. */
  #known = false;
  /** Whether traffic was to go back at the last turn and the write failed. */
  #urgent = false;

  constructor(plan: Plan, rollout: Rollout, entries: Entries, driver: string, parts: PostParts, ring: () => void) {
    this.plan = plan;
    // The reads of one turn listen on it; more than these would be a leak.
    setMaxListeners(20, this.#stop.signal);
    this.#now = () => parts.clock.now();
    this.#world = new World(parts.mesh, parts.freeze, plan, () => parts.clock.now(), ring, this.#stop.signal);
    this.#world.adopt(entries);
    const roles = { stable: rollout.stable, canary: rollout.canary, legs: rollout.asked };
    const beginning = { id: rollout.id, plan: rollout.plan, driver, by: rollout.by };
    const flight = { plan, rollout, roles, beginning, shared: true };
    this.pilot = new Pilot(flight, parts, this.#world, ring, this.#stop.signal);
  }

  /** The record as it is known here. */
  get rollout(): Rollout {
    return this.pilot.rollout!;
  }

  get urgent(): boolean {
    return this.#urgent;
  }

  /** Passes on an entry that the controller has read. */
  hear(kind: EntryKind, entry: StoredEntry | undefined): Promise<boolean> {
    return this.#world.hear(kind, entry);
  }

  /** Passes on the freeze. */
  hearFreeze(freeze: Freeze | undefined): void {
    this.#world.hearFreeze(freeze);
  }

  /** Says that instances may have changed: they are counted before the next decision. */
  recount(): void {
    this.#counted = false;
  }

  /** How many instances of a subset pass, as last counted. */
  passing(subset: string): number {
    return this.#world.seen().instances[subset]?.passing ?? 0;
  }

  /** What is known of the rollout now. */
  snapshot(service: string, role: RolloutSnapshot['role']): RolloutSnapshot {
    const seen = this.pilot.observe(this.#now());
    const { observed, findings } = seen;
    const stored = storedLegs(seen, service);
    return { service, rollout: this.rollout, findings, stored, role, ...(observed === undefined ? {} : { observed }) };
  }

  /** All that is observed of the rollout now. */
  observe(): Observation {
    return this.pilot.observe(this.#now());
  }

  /** One turn of the pilot, with instances that are known. */
  async turn(role: Role, about: Circumstances): Promise<Turn> {
    // While Consul does not answer the last count stands.
    if (!this.#known || (!this.#counted && about.troubled !== true)) await this.#count();
    let decided = false;
    try {
      const turn = await this.pilot.turn(
        role,
        (turn) => {
          decided = turn.takesBack;
        },
        about,
      );
      this.#urgent = false;
      return turn;
    } catch (error) {
      this.#urgent = decided;
      throw error;
    }
  }

  async #count(): Promise<void> {
    this.#counted = true;
    try {
      await this.#world.count();
      this.#known = true;
    } catch (error) {
      this.#counted = false;
      throw error;
    }
  }

  /** How soon to look again at the latest, ms; `crowd` is how many rollouts are watched beside it. */
  tick(crowd: number): number {
    const { signals } = this.plan;
    if (signals.length === 0 || askedCanary(this.rollout) === 0) return Number.POSITIVE_INFINITY;
    const counts = signals.some(({ source }) => source === 'envoy');
    return Math.max(counts ? TICK : SCALAR_TICK, crowd);
  }

  /** Ends what this post started. */
  async close(): Promise<void> {
    await this.pilot.close().catch(() => undefined);
    this.#stop.abort();
  }
}
