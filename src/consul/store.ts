import { appendEntry, emptyHistory, type History, type LogEntry } from '../core/history.js';
import type { Plan } from '../core/plan.js';
import type { DecisionLog, PlanStore, SourcedPlan } from '../ports.js';
import { ConsulError } from './errors.js';
import type { ConsulKv } from './kv.js';

const KEPT_ROLLOUTS = 50;
const TRIES = 8;

/** Plans and decision logs in Consul's KV. Nothing in here is needed to revert. */
export class Store implements DecisionLog, PlanStore {
  readonly #kv: ConsulKv;
  readonly #prefix: string;

  constructor(kv: ConsulKv, prefix: string) {
    this.#kv = kv;
    this.#prefix = prefix.replace(/\/*$/, '/');
  }

  /** The plan that was applied for the service. */
  async readPlan(service: string): Promise<SourcedPlan | undefined> {
    const { found } = await this.#kv.read(this.#key('plans', service));
    return found === undefined ? undefined : parse<SourcedPlan>(found.value, this.#key('plans', service));
  }

  /** Every applied plan that may be read, by service. With an index it blocks until one of them changes (or about 30 s). What is no plan is left out. */
  async listPlans(
    options: { index?: number; abort?: AbortSignal } = {},
  ): Promise<{ plans: ReadonlyMap<string, SourcedPlan>; index: number }> {
    const prefix = this.#key('plans', '');
    const { found, index } = await this.#kv.list(prefix, { ...options, mixed: true });
    const plans = [...found].flatMap(([key, { value }]) => {
      const applied = tryParse<SourcedPlan>(value);
      return applied === undefined ? [] : [[key.slice(prefix.length), applied] as const];
    });
    return { plans: new Map(plans), index };
  }

  /** Keeps the applied plan; false when exactly this one was there already. */
  async savePlan(applied: SourcedPlan): Promise<boolean> {
    const key = this.#key('plans', applied.plan.service);
    return this.#update(key, (old) =>
      old !== undefined && parse<SourcedPlan>(old, key).digest === applied.digest ? undefined : JSON.stringify(applied),
    );
  }

  /** The key of a rollout's log. */
  historyKey(service: string, rollout: string): string {
    return this.#key('history', service, rollout);
  }

  /** The log of one rollout with the index to write it by; undefined when there is none. */
  async readPage(service: string, rollout: string): Promise<{ history: History; modifyIndex: number } | undefined> {
    const key = this.historyKey(service, rollout);
    const { found } = await this.#kv.read(key);
    return found === undefined ? undefined : { history: parse<History>(found.value, key), modifyIndex: found.modifyIndex };
  }

  /** Forgets the applied plan of the service, if `mine` says so of exactly what is there; false when it stays, or there is none. */
  async forgetPlan(service: string, mine: (kept: SourcedPlan) => boolean): Promise<boolean> {
    const key = this.#key('plans', service);
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { found } = await this.#kv.read(key);
      if (found === undefined || !mine(parse<SourcedPlan>(found.value, key))) return false;
      if (await this.#kv.remove(key, found.modifyIndex)) return true;
    }
    throw changedTooOften(key);
  }

  /** Keeps where a rollout in waves stands, for people to see. */
  async saveWaves(service: string, state: unknown): Promise<void> {
    await this.#kv.set(this.#key('waves', service), JSON.stringify(state));
  }

  /** Where a rollout in waves stands, as its controller last said. */
  async readWaves(service: string): Promise<unknown> {
    const { found } = await this.#kv.read(this.#key('waves', service));
    return found === undefined ? undefined : tryParse<unknown>(found.value);
  }

  /** The log of one rollout; empty when there is none. */
  async readHistory(service: string, rollout: string): Promise<History> {
    return (await this.readPage(service, rollout))?.history ?? emptyHistory(service, rollout);
  }

  /** The rollouts of the service that have a log, oldest first (ULIDs sort by time). */
  async listRollouts(service: string): Promise<readonly string[]> {
    const prefix = `${this.#key('history', service)}/`;
    return (await this.#kv.keys(prefix)).map((key) => key.slice(prefix.length));
  }

  /** Adds the plan that a rollout follows to its log, before the first record names it; forgets the oldest rollouts. */
  async recordPlan(service: string, rollout: string, digest: string, plan: Plan, source: string): Promise<void> {
    await this.#updateHistory(service, rollout, (history) => ({
      ...history,
      plans: { ...history.plans, [digest]: { plan, source } },
    }));
    const rollouts = await this.listRollouts(service);
    for (const old of rollouts.slice(0, Math.max(0, rollouts.length - KEPT_ROLLOUTS)))
      await this.#kv.remove(this.#key('history', service, old));
  }

  /** Adds entries to the log; what is there already is not added twice. */
  async log(service: string, rollout: string, entries: readonly LogEntry[]): Promise<void> {
    await this.#updateHistory(service, rollout, (history) => entries.reduce(appendEntry, history));
  }

  async #updateHistory(service: string, rollout: string, change: (history: History) => History): Promise<void> {
    const key = this.#key('history', service, rollout);
    await this.#update(key, (old) => {
      const next = JSON.stringify(change(old === undefined ? emptyHistory(service, rollout) : parse<History>(old, key)));
      return next === old ? undefined : next;
    });
  }

  async #update(key: string, change: (old: string | undefined) => string | undefined): Promise<boolean> {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const { found } = await this.#kv.read(key);
      const next = change(found?.value);
      if (next === undefined) return false;
      if (await this.#kv.write(key, next, found?.modifyIndex ?? 0)) return true;
    }
    throw changedTooOften(key);
  }

  #key(...parts: readonly string[]): string {
    return this.#prefix + parts.join('/');
  }
}

function tryParse<T>(value: string): T | undefined {
  try {
    return JSON.parse(value) as T;
  } catch {
    return undefined;
  }
}

function changedTooOften(key: string): ConsulError {
  return new ConsulError('rejected', `key ${key} changed ${TRIES} times while it was being written`, 'try again');
}

function parse<T>(value: string, key: string): T {
  try {
    return JSON.parse(value) as T;
  } catch {
    throw new ConsulError('rejected', `key ${key} does not hold what splitter wrote there`, `look at it: consul kv get ${key}`);
  }
}
