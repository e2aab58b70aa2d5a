import { metaOf } from '../core/entries.js';
import { type Observation, serving } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { preflight } from '../core/preflight.js';
import { readRecord } from '../core/record.js';
import { findRoles, isRefusal, type Roles } from '../core/roles.js';
import type { Rollout } from '../core/rollout.js';
import type { Site } from '../core/waves.js';
import type { FreezeSwitch, Mesh } from '../ports.js';
import { Pilot, type PilotParts, type Role, type Turn } from './pilot.js';
import { World } from './world.js';

/** What one site of a rollout in waves is worked with: its own Consul, and evidence from its own mesh. */
export interface SiteParts extends PilotParts {
  readonly mesh: Mesh;
  /** The freeze of that cluster; home's holds what home begins there. */
  readonly freeze: FreezeSwitch;
  close(): void;
}

/** What begins at a site: the rollout of home, by the same plan. */
export interface WaveBeginning {
  readonly home: Rollout;
  readonly wave: string;
  readonly digest: string;
  readonly source: string;
}

/** A promoted site is looked at this often, ms: somebody may take it back there. */
const SETTLED_FOR = 5_000;

/** One site: reads its record, begins there, and flies what is under way. Opened by its first use. */
export class WaveSite {
  readonly name: string;
  readonly #plan: Plan;
  readonly #parts: SiteParts;
  readonly #driver: string;
  readonly #ring: () => void;
  #stop = new AbortController();
  #world: World | undefined;
  #flight: { readonly id: string; readonly pilot: Pilot } | undefined;
  #known: { readonly record: Rollout; readonly at: number } | undefined;

  constructor(name: string, plan: Plan, parts: SiteParts, driver: string, ring: () => void) {
    this.name = name;
    this.#plan = plan;
    this.#parts = parts;
    this.#driver = driver;
    this.#ring = ring;
  }

  /** The record there now. Throws what its Consul throws. */
  async read(): Promise<Exclude<Site['record'], 'unknown'>> {
    const flown = this.#flight?.pilot.rollout;
    if (flown !== undefined && flown.state.phase !== 'Promoted') return flown;
    const now = this.#parts.clock.now();
    if (this.#known !== undefined && now < this.#known.at + SETTLED_FOR) return this.#known.record;
    const { entry } = await this.#parts.mesh.readEntry('service-splitter', this.#plan.service, { abort: this.#stop.signal });
    const record = readRecord(metaOf(entry?.entry));
    this.#known = record?.state.phase === 'Promoted' ? { record, at: now } : undefined;
    return record ?? 'none';
  }

  /** One turn of what is under way there, or of the promotion that is to be taken back (`undo` says why). */
  async fly(rollout: Rollout, role: Role, undo?: string): Promise<Turn> {
    await this.#open();
    if (this.#flight?.id !== rollout.id) await this.#board(rollout.id, rollout, { ...rollout, legs: rollout.asked }, rollout);
    return this.#turn(role, undo);
  }

  /** One turn towards the first record there; gives why it has to wait when the site is not ready for it. */
  async begin(beginning: WaveBeginning, role: Role): Promise<Turn | string> {
    const world = await this.#open();
    const { home, digest, source } = beginning;
    if (this.#flight?.id !== home.id || this.#flight.pilot.rollout !== undefined) {
      const roles = this.#ready(world, home);
      if (typeof roles === 'string') return roles;
      if (role === 'guard') return `${this.name} is begun by the controller that owns it`;
      await this.#parts.log.recordPlan(this.#plan.service, home.id, digest, this.#plan, source);
      await this.#board(home.id, undefined, roles, home, beginning);
    }
    return this.#turn(role, undefined);
  }

  /** Ends what was begun here; the site's Consul is asked for nothing more. */
  async close(): Promise<void> {
    await this.#flight?.pilot.close().catch(() => undefined);
    this.#stop.abort();
    this.#parts.close();
  }

  async #open(): Promise<World> {
    if (this.#world !== undefined) return this.#world;
    this.#stop = new AbortController();
    const world = new World(
      this.#parts.mesh,
      this.#parts.freeze,
      this.#plan,
      () => this.#parts.clock.now(),
      this.#ring,
      this.#stop.signal,
    );
    await world.open();
    this.#world = world;
    return world;
  }

  async #board(id: string, rollout: Rollout | undefined, roles: Roles, asked: Rollout, beginning?: WaveBeginning): Promise<void> {
    await this.#flight?.pilot.close().catch(() => undefined);
    const plan = beginning?.digest ?? asked.plan;
    const wave = beginning === undefined ? {} : { wave: beginning.wave };
    const flight = {
      plan: this.#plan,
      rollout,
      roles,
      beginning: { id, plan, driver: this.#driver, by: asked.by, ...wave },
      shared: true,
    };
    this.#flight = { id, pilot: new Pilot(flight, this.#parts, this.#world!, this.#ring, this.#stop.signal) };
  }

  async #turn(role: Role, undo: string | undefined): Promise<Turn> {
    const turn = await this.#flight!.pilot.turn(role, () => undefined, undo === undefined ? {} : { undo });
    this.#known = undefined;
    if (turn.kind === 'left') this.#flight = undefined;
    return turn;
  }

  /** The roles there, which have to be those of home; else why not yet. */
  #ready(world: World, home: Rollout): Roles | string {
    const seen: Observation = { ...world.seen(), agreement: 'unknown', findings: [] };
    const roles = findRoles(this.#plan, seen);
    if (isRefusal(roles)) return roles.message;
    if (roles.canary !== home.canary)
      return `users of ${this.name} are on ${roles.stable} already, and home has just moved to ${home.canary}`;
    const failed = preflight(this.#plan, seen, roles).find(({ verdict }) => verdict === 'failed');
    if (failed !== undefined) return `${failed.message} [${failed.name}]`;
    return serving(seen.instances[roles.canary]) > 0 ? roles : `no passing sidecar of ${roles.canary} there yet`;
  }
}
