import type { Plan, Wave } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import { mayHaveWaves } from '../core/waves.js';
import type { FreezeSwitch, Mesh } from '../ports.js';
import type { PilotParts, Role } from './pilot.js';
import { WaveRun, type WaveState } from './wave-run.js';
import type { SiteParts } from './wave-site.js';

/** What the rollouts in waves of a controller are looked after with; services are named as at home. */
export interface WaveRunsParts extends PilotParts {
  readonly mesh: Mesh;
  readonly freeze: FreezeSwitch;
  openWave(wave: Wave, plan: Plan): SiteParts;
  findPlan(service: string, rollout: Rollout): Promise<Plan | undefined>;
  readonly home: (service: string) => Rollout | undefined;
  readonly role: (service: string) => Role | undefined;
  readonly mayBegin: (service: string) => boolean;
  readonly ring: (service: string) => void;
  readonly tell: (service: string, state: WaveState) => void;
  readonly trouble: (service: string, message: string, hint: string) => void;
}

/** The rollouts in waves that a controller looks after just now: a promotion at home goes on in its waves, one that is taken back takes them back. */
export class WaveRuns {
  readonly #driver: string;
  readonly #parts: WaveRunsParts;
  readonly #runs = new Map<string, { readonly run: WaveRun; readonly done: Promise<void> }>();
  /** The last record at home for which nothing was left to do. */
  readonly #rested = new Map<string, string>();

  constructor(driver: string, parts: WaveRunsParts) {
    this.#driver = driver;
    this.#parts = parts;
  }

  /** Looks whether the record at home has waves to begin or to take back, and does so beside everything else. */
  async look(service: string): Promise<void> {
    const { home, mayBegin, findPlan } = this.#parts;
    const running = this.#runs.get(service);
    if (running !== undefined) {
      running.run.ring();
      return;
    }
    const record = home(service);
    if (record === undefined || !mayHaveWaves(record)) return;
    if (this.#rested.get(service) === keyOf(record) || !mayBegin(service)) return;
    const plan = await findPlan(service, record);
    if (plan?.waves === undefined) return;
    const run = this.#open(service, plan, record);
    const done = run.run().then((rested) => {
      this.#runs.delete(service);
      if (rested !== undefined) this.#rested.set(service, keyOf(rested));
      this.#parts.ring(service);
    });
    this.#runs.set(service, { run, done });
  }

  /** Begins nothing more; resolves when what is under way has ended. */
  async stop(): Promise<void> {
    for (const { run } of this.#runs.values()) run.stop();
    await Promise.all([...this.#runs.values()].map(({ done }) => done));
  }

  #open(service: string, plan: Plan, { id }: Rollout): WaveRun {
    const { clock, home, role, tell, trouble, openWave } = this.#parts;
    return new WaveRun(plan, 'waves', id, this.#driver, {
      clock,
      home: () => home(service),
      role: () => role(service),
      open: (wave) => (wave === undefined ? { ...this.#parts, close: () => undefined } : openWave(wave, plan)),
      tell: (state) => tell(service, state),
      trouble: (message, hint) => trouble(service, message, hint),
    });
  }
}

function keyOf({ id, seq }: Rollout): string {
  return `${id} ${seq}`;
}
