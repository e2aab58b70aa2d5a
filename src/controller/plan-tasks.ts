import type { Plan, ServiceRef } from '../core/plan.js';
import type { Diagnostic } from '../plan/diagnostic.js';
import { serviceKey } from '../plan/read.js';
import { pathInSource } from '../plan/work-tree.js';
import type { Clock, PlanStore, SourcedPlan } from '../ports.js';
import { type ApplyParts, applyPlan } from './apply-plan.js';
import type { FoundPlan, PlansChange } from './compare-plans.js';

/** What becomes known while a directory of plans is followed. */
export interface PlansEvents {
  /** This controller has written the plan's base and kept the plan. */
  onApplied(plan: Plan, source: string): void;
  /** What is wrong with a file, or why Consul or preflight refused its plan; once for each content. */
  onRefused(diagnostics: readonly Diagnostic[]): void;
  /** How many files are invalid now; told at every look at changed files. */
  onInvalid(files: number): void;
  /** The plan is kept no more; entries and rollouts are as they were. */
  onForgotten(service: string, source: string): void;
  /** A sentence about what is being waited for, once as long as it holds. */
  onNote(message: string): void;
}

/** What the plans of a directory are applied with. */
export interface PlanTaskParts {
  /** Mesh and store within the namespace, partition and datacenter of a service; several may be in use at once. */
  readonly reach: (service: ServiceRef) => ApplyParts & { readonly store: PlanStore };
  readonly clock: Clock;
  /** Whether this controller is the one that applies; asked before each plan. */
  readonly isLeader: () => boolean;
  /** Whether a failure of Consul may pass by itself. */
  readonly isPassing: (error: unknown) => boolean;
  readonly events: PlansEvents;
  readonly pace: TaskPace;
}

/** Pauses, ms: before a plan is tried again for the first time, and the longest; and how long to wait for this copy of the directory to catch up. */
export interface TaskPace {
  readonly retry: number;
  readonly longest: number;
  readonly catchUp: number;
}

interface Task {
  readonly kind: 'apply' | 'forget';
  readonly found: FoundPlan;
  /** What was kept for the service when this was tried last, or first while others lead. */
  before?: { readonly digest: string | undefined };
  at: number;
  pause: number;
  told: string;
}

/** What came of a try. `behind`: another plan was applied since, and this directory may have to catch up. */
type Came = 'done' | 'again' | 'behind';

const AT_ONCE = 8;

/**
 * What is still to be done about the plans of a directory. Only the leader applies and forgets; the others tick off what they see in KV, so whoever becomes leader
 * does just what nobody has done yet. Where another plan was applied since the change was seen here, this copy of the directory may be behind: it is given time to catch up.
 */
export class PlanTasks {
  readonly #parts: PlanTaskParts;
  readonly #tasks = new Map<string, Task>();
  /** Every digest and path that each service's plan has had in this directory: what may be forgotten. */
  readonly #ours = new Map<string, Set<string>>();
  #led = false;
  #trouble = '';

  constructor(parts: PlanTaskParts) {
    this.#parts = parts;
  }

  /** Takes in what changed in the directory; the newest change of a service counts. */
  add({ good, changed, removed }: PlansChange): void {
    for (const [key, { digest, source }] of good)
      this.#ours.set(key, (this.#ours.get(key) ?? new Set()).add(mark(digest, source)));
    for (const found of changed) this.#put('apply', found);
    for (const found of removed) this.#put('forget', found);
  }

  /** When the next task is due; never, if there is none. */
  get nextAt(): number {
    return [...this.#tasks.values()].reduce((soonest, { at }) => Math.min(soonest, at), Number.POSITIVE_INFINITY);
  }

  /** Does some of what is due. Never rejects. */
  async work(): Promise<void> {
    const now = this.#parts.clock.now();
    const leads = this.#parts.isLeader();
    if (leads && !this.#led) for (const task of this.#tasks.values()) task.at = now;
    this.#led = leads;
    const due = [...this.#tasks].filter(([, task]) => task.at <= now).slice(0, AT_ONCE);
    await Promise.all(due.map(([key, task]) => this.#try(key, task)));
  }

  #put(kind: Task['kind'], found: FoundPlan): void {
    const { clock, pace } = this.#parts;
    this.#tasks.set(serviceKey(found.plan), { kind, found, at: clock.now(), pause: pace.retry, told: '' });
  }

  async #try(key: string, task: Task): Promise<void> {
    const { clock, pace } = this.#parts;
    const came = await this.#do(key, task).catch((error: Error) => this.#failed(task, error));
    if (came === 'done') {
      this.#tasks.delete(key);
      return;
    }
    task.at = clock.now() + (came === 'behind' ? pace.catchUp : task.pause);
    task.pause = Math.min(pace.longest, 2 * task.pause);
  }

  async #do(key: string, task: Task): Promise<Came> {
    const { reach, isLeader, events } = this.#parts;
    const { plan, digest, source } = task.found;
    const { service } = plan;
    const parts = reach(plan);
    const kept = await parts.store.readPlan(service);
    this.#trouble = '';
    if (task.kind === 'apply') {
      if (kept?.digest === digest) return 'done';
      task.before ??= { digest: kept?.digest };
      if (!isLeader()) return 'again';
      if (task.before.digest !== kept?.digest) {
        task.before = { digest: kept?.digest };
        return 'behind';
      }
      const applied = await applyPlan({ plan, digest, source }, parts);
      if (applied.kind === 'refused') {
        const { name, message, hint } = applied.check;
        return this.#refused(task, name, `${message} [${name}]`, hint ?? `splitter doctor ${service}`);
      }
      if (applied.planSaved || applied.writes > 0) events.onApplied(plan, source);
      return 'done';
    }
    const ours = (one: SourcedPlan): boolean => this.#ours.get(key)?.has(mark(one.digest, one.source)) === true;
    const gone = kept === undefined || !ours(kept);
    if (!gone && !isLeader()) return 'again';
    const forgotten = !gone && (await parts.store.forgetPlan(service, ours));
    if (forgotten) events.onForgotten(service, source);
    else if (kept !== undefined && isLeader()) events.onNote(`the plan of ${service} stays: it was applied from ${kept.source}`);
    this.#ours.delete(key);
    return 'done';
  }

  #failed(task: Task, error: Error & { readonly hint?: string }): Came {
    const { isPassing, events } = this.#parts;
    if (!isPassing(error)) return this.#refused(task, error.message, error.message, error.hint);
    if (this.#trouble === '') events.onNote(`plans wait to be applied: ${error.message}`);
    this.#trouble = error.message;
    return 'again';
  }

  #refused(task: Task, reason: string, message: string, hint: string | undefined): Came {
    if (task.told === reason) return 'again';
    task.told = reason;
    const { file, at } = task.found;
    const about = hint === undefined ? {} : { hint };
    this.#parts.events.onRefused([{ severity: 'error', file, ...at, message, path: ['service'], ...about }]);
    return 'again';
  }
}

function mark(digest: string, source: string): string {
  return `${digest} ${pathInSource(source)}`;
}
