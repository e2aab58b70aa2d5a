import type { GivenValues } from '../plan/given-values.js';
import { readPlan } from '../plan/read.js';
import { type Scan, type ScannedFile, scanPlans } from '../plan/scan.js';
import { findWorkTree } from '../plan/work-tree.js';
import { comparePlans, type GoodPlans, type PlanFile } from './compare-plans.js';
import { FolderWatch } from './folder-watch.js';
import { type PlanTaskParts, PlanTasks, type TaskPace } from './plan-tasks.js';
import { Wake } from './wake.js';

/** How often to look, ms: every `rescan` at the latest; and again after `quiet`, to see that whoever writes has finished. */
export interface PlansPace extends TaskPace {
  readonly rescan: number;
  readonly quiet: number;
}

/** What the plans of a directory are read and applied with. */
export interface PlansParts extends Omit<PlanTaskParts, 'pace'> {
  /** The values of their variables; default: none is given. */
  readonly given?: GivenValues;
}

const PACE: PlansPace = { rescan: 3_000, quiet: 300, retry: 5_000, longest: 300_000, catchUp: 30_000 };
/** A directory in which something changes all the time is taken as it is after so long. */
const NEVER_QUIET = 30_000;
/** Looking takes at most one part in so many of the time. */
const SHARE = 50;

/** Follows a directory of plans until `abort` fires: what changed is validated and applied, what is bad refused while the last good plan stays, what is gone forgotten. Never rejects for what is in the directory or in Consul. */
export async function followPlans(
  directory: string,
  parts: PlansParts,
  abort: AbortSignal,
  pace: PlansPace = PACE,
): Promise<void> {
  await new PlansDirectory(directory, parts, pace).run(abort);
}

class PlansDirectory {
  readonly #directory: string;
  readonly #parts: PlansParts;
  readonly #pace: PlansPace;
  readonly #tasks: PlanTasks;
  readonly #wake = new Wake();
  readonly #watch = new FolderWatch(() => this.#hint());
  readonly #said = new Map<string, string>();
  #read: ReadonlyMap<string, PlanFile> = new Map();
  #good: GoodPlans = new Map();
  #refused: ReadonlySet<string> = new Set();
  #taken = '';
  #seen = '';
  #restlessSince: number | undefined;
  #lookAt = 0;
  #notBefore = 0;

  constructor(directory: string, parts: PlansParts, pace: PlansPace) {
    this.#directory = directory;
    this.#parts = parts;
    this.#pace = pace;
    this.#tasks = new PlanTasks({ ...parts, pace });
  }

  async run(abort: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    const leave = (): void => this.#wake.ring();
    abort.addEventListener('abort', leave);
    try {
      while (!abort.aborted) {
        if (clock.now() >= this.#lookAt) await this.#look();
        if (!abort.aborted) await this.#tasks.work();
        const next = Math.min(this.#lookAt, this.#tasks.nextAt, clock.now() + this.#pace.rescan);
        if (!abort.aborted) await this.#wake.sleep(Math.max(1, next - clock.now()));
      }
    } finally {
      abort.removeEventListener('abort', leave);
      this.#watch.follow([]);
    }
  }

  #hint(): void {
    this.#lookAt = Math.max(this.#notBefore, Math.min(this.#lookAt, this.#parts.clock.now() + this.#pace.quiet));
    this.#wake.ring();
  }

  async #look(): Promise<void> {
    const { clock } = this.#parts;
    const began = clock.now();
    const scan = await scanPlans(this.#directory);
    const restless = await this.#consider(scan);
    const ended = clock.now();
    this.#notBefore = ended + SHARE * (ended - began);
    this.#lookAt = restless ? ended + this.#pace.quiet : Math.max(ended + this.#pace.rescan, this.#notBefore);
    this.#watch.follow(typeof scan === 'string' ? [] : scan.folders);
  }

  /** Takes over what is new and at rest; true when it is to be looked at again soon. */
  async #consider(scan: Scan | string): Promise<boolean> {
    const trouble = typeof scan === 'string' ? scan : undefined;
    this.#say('directory', trouble === undefined ? undefined : `${trouble}; the plans that were applied stay in force`);
    if (typeof scan === 'string' || scan.digest === this.#taken) {
      this.#say('busy', undefined);
      this.#seen = '';
      this.#restlessSince = undefined;
      return false;
    }
    const now = this.#parts.clock.now();
    this.#restlessSince ??= now;
    const before = this.#seen;
    this.#seen = scan.digest;
    if (before !== scan.digest && now < this.#restlessSince + NEVER_QUIET) return true;
    const tree = await findWorkTree(scan.root);
    this.#say('git', typeof tree === 'string' ? `plans keep no commit, for git says: ${tree}` : undefined);
    const name = typeof tree === 'object' ? await tree.name() : undefined;
    const busy = typeof tree === 'object' ? await tree.busy() : undefined;
    this.#say('busy', busy === undefined ? undefined : `plans wait: ${busy}`);
    if (busy !== undefined) {
      this.#restlessSince = undefined;
      return false;
    }
    // The names of git are of a moment after the scan: they belong together only if nothing has changed since.
    const again = await scanPlans(this.#directory);
    if (typeof again === 'string' || (again.digest !== scan.digest && now < this.#restlessSince + NEVER_QUIET)) return true;
    await this.#take(scan, name);
    return false;
  }

  async #take(scan: Scan, name: ((below: string) => string) | undefined): Promise<void> {
    const files = await Promise.all(scan.files.map((file) => this.#readFile(file, name?.(file.below) ?? file.path)));
    this.#read = new Map(files.map((file) => [file.file, file]));
    const change = comparePlans(this.#good, files);
    this.#good = change.good;
    this.#taken = scan.digest;
    this.#restlessSince = undefined;
    for (const { id, diagnostics } of change.bad) if (!this.#refused.has(id)) this.#parts.events.onRefused(diagnostics);
    this.#refused = new Set(change.bad.map(({ id }) => id));
    this.#parts.events.onInvalid(this.#refused.size);
    this.#tasks.add(change);
  }

  async #readFile({ path, digest, text, trouble }: ScannedFile, source: string): Promise<PlanFile> {
    const about = { file: path, content: digest, source };
    const known = this.#read.get(path);
    if (known?.content === digest) return { ...known, source };
    if (text !== undefined) return { ...about, ...(await readPlan(text, path, undefined, this.#parts.given)) };
    const message = trouble ?? 'cannot be read';
    return { ...about, plans: [], diagnostics: [{ severity: 'error', file: path, line: 1, column: 1, message, path: [] }] };
  }

  /** Says a sentence about something once, as long as it holds. */
  #say(topic: string, message: string | undefined): void {
    if (message !== undefined && this.#said.get(topic) !== message) this.#parts.events.onNote(message);
    if (message === undefined) this.#said.delete(topic);
    else this.#said.set(topic, message);
  }
}
