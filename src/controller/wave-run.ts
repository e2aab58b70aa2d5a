import { isTakenBack } from '../core/group.js';
import { HOME } from '../core/home.js';
import type { Plan, Wave } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import { decideWaves, type Site, type WaveTask } from '../core/waves.js';
import type { Clock } from '../ports.js';
import { Backoff } from './backoff.js';
import type { Role } from './pilot.js';
import { Wake } from './wake.js';
import { type SiteParts, WaveSite } from './wave-site.js';

/** Where a rollout in waves stands, for people: nothing rests on it. */
export interface WaveState {
  readonly rollout: string;
  readonly why: string;
  readonly sites: readonly { readonly name: string; readonly phase: string | null; readonly message: string }[];
}

/** What a rollout in waves is looked after with. */
export interface WaveParts {
  readonly clock: Clock;
  /** What this controller may do now; undefined when it is not in charge any more. */
  readonly role: () => Role | undefined;
  /** The record at home, by the controller's own list. */
  readonly home: () => Rollout | undefined;
  /** The parts of a site; `undefined` names home. Throws when its settings cannot be read. */
  open(wave: Wave | undefined): SiteParts;
  /** Told whenever the state changes. */
  tell(state: WaveState): void;
  readonly trouble: (message: string, hint: string) => void;
}

const TICK = 100;
const IDLE = 2_000;
const RETRY = { first: 500, last: 10_000 };

/** Looks after one promoted rollout in waves, until nothing is left to begin, to drive or to take back. */
export class WaveRun {
  readonly #plan: Plan;
  readonly #source: string;
  readonly #id: string;
  readonly #driver: string;
  readonly #parts: WaveParts;
  readonly #sites = new Map<number, WaveSite>();
  readonly #wake = new Wake();
  readonly #backoff = new Backoff(RETRY.first, RETRY.last);
  #stopped = false;
  #rested: Rollout | undefined;
  #told = '';

  constructor(plan: Plan, source: string, id: string, driver: string, parts: WaveParts) {
    this.#plan = plan;
    this.#source = source;
    this.#id = id;
    this.#driver = driver;
    this.#parts = parts;
  }

  /** The record at home, or who is in charge, may have changed. */
  ring(): void {
    this.#wake.ring();
  }

  /** Begins no further turn; `run` resolves soon. */
  stop(): void {
    this.#stopped = true;
    this.#wake.ring();
  }

  /** Works until there is nothing left to do, or `stop`. Never throws. Gives the record at home for which nothing was left. */
  async run(): Promise<Rollout | undefined> {
    try {
      while (!this.#stopped) {
        const role = this.#parts.role();
        if (role === undefined) return undefined;
        const pause = await this.#turn(role).catch((error: Error & { readonly hint?: string }) => {
          this.#parts.trouble(error.message, error.hint ?? '');
          return this.#backoff.next();
        });
        if (pause === undefined) return this.#rested;
        await this.#wake.sleep(pause);
      }
      return undefined;
    } finally {
      await Promise.all([...this.#sites.values()].map((site) => site.close()));
    }
  }

  /** One turn; gives how long to wait for the next one, ms, or undefined when all is done. */
  async #turn(role: Role): Promise<number | undefined> {
    const sites = await this.#look();
    const task = decideWaves(this.#id, sites);
    const waits = task.kind === 'rest' || task.kind === 'wait' ? undefined : await this.#act(task, sites, role);
    this.#say(waits?.why ?? task.why, sites, role);
    if (task.kind === 'rest') {
      const home = sites[0]?.record;
      this.#rested = typeof home === 'object' ? home : undefined;
      return undefined;
    }
    if (waits === undefined) return IDLE;
    this.#backoff.reset();
    return waits.pause;
  }

  async #act(
    task: Extract<WaveTask, { readonly site: number }>,
    sites: readonly Site[],
    role: Role,
  ): Promise<{ readonly why: string; readonly pause: number }> {
    const [site, { record }] = [this.#site(task.site), sites[task.site]!];
    const [home] = sites;
    if (task.kind === 'begin') {
      if (typeof home?.record !== 'object') return { why: task.why, pause: IDLE };
      const own = { home: home.record, wave: site.name, digest: home.record.plan, source: this.#source };
      const begun = await site.begin(own, role);
      if (typeof begun === 'string') return { why: `wave ${task.site}, ${site.name}, waits: ${begun}`, pause: IDLE };
      return { why: task.why, pause: this.#pauseOf(begun) };
    }
    if (typeof record !== 'object') return { why: task.why, pause: IDLE };
    const turn = await site.fly(record, role, task.kind === 'undo' ? task.why : undefined);
    const { why } = task.kind === 'undo' ? turn : task;
    return { why, pause: this.#pauseOf(turn) };
  }

  #pauseOf({ kind, wakeAt, now }: { readonly kind: string; readonly wakeAt: number; readonly now: number }): number {
    return kind === 'waits' ? Math.max(1, Math.min(wakeAt - now, TICK)) : 1;
  }

  /** The records, home first; a site that cannot have begun is not asked. */
  async #look(): Promise<readonly Site[]> {
    const home = this.#parts.home();
    const sites: Site[] = [{ name: HOME, record: home ?? 'unknown' }];
    let back = home !== undefined && isTakenBack(home);
    for (const [i, { name }] of (this.#plan.waves ?? []).entries()) {
      const record = await this.#read(i + 1, name);
      sites.push({ name, record });
      const own = typeof record === 'object' && record.id === this.#id;
      back ||= own && isTakenBack(record);
      if (own ? record.state.phase !== 'Promoted' && !back : record !== 'unknown' || !back) break;
    }
    const rest = (this.#plan.waves ?? []).slice(sites.length - 1).map(({ name }): Site => ({ name, record: 'none' }));
    return [...sites, ...rest];
  }

  async #read(index: number, name: string): Promise<Site['record']> {
    try {
      return await this.#site(index).read();
    } catch (error) {
      const { message, hint = '' } = error as Error & { readonly hint?: string };
      this.#parts.trouble(`wave ${index}, ${name}: ${message}`, hint);
      return 'unknown';
    }
  }

  #site(index: number): WaveSite {
    const known = this.#sites.get(index);
    if (known !== undefined) return known;
    const wave = index === 0 ? undefined : this.#plan.waves?.[index - 1];
    // Datacenters are named as home knows them.
    const { datacenter: _, datacenters: __, ...plan } = this.#plan;
    const there =
      index === 0 ? this.#plan : { ...plan, ...(wave?.datacenter === undefined ? {} : { datacenter: wave.datacenter }) };
    const site = new WaveSite(wave?.name ?? HOME, there, this.#parts.open(wave), this.#driver, () => this.#wake.ring());
    this.#sites.set(index, site);
    return site;
  }

  #say(why: string, sites: readonly Site[], role: Role): void {
    const shown = sites.map(({ name, record }) => {
      const own = typeof record === 'object' && record.id === this.#id ? record : undefined;
      return {
        name,
        phase: own?.state.phase ?? (record === 'unknown' ? 'unknown' : null),
        message: own?.message ?? '',
      };
    });
    const state = { rollout: this.#id, why, sites: shown };
    const text = JSON.stringify(state);
    if (text === this.#told || role === 'guard') return;
    this.#told = text;
    this.#parts.tell(state);
  }
}
