import { defaultSubsetOf, type EntryWrite, legsOf, metaOf, type StoredEntry } from '../../src/core/entries.js';
import { appendEntry, emptyHistory, type History, type LogEntry } from '../../src/core/history.js';
import { weightOf } from '../../src/core/legs.js';
import type { Chain, Instances } from '../../src/core/observation.js';
import type { Plan, Signal } from '../../src/core/plan.js';
import { readRecord } from '../../src/core/record.js';
import type { Rollout } from '../../src/core/rollout.js';
import { routedIn } from '../../src/core/route.js';
import type { Reading } from '../../src/core/verdict.js';
import type { DecisionLog, Entries, Mesh, ReadOptions, SignalSource, TrafficSource } from '../../src/ports.js';
import { makeSeen, passing } from './world.js';

const PARTS = {
  splitter: 'service-splitter',
  resolver: 'service-resolver',
  defaults: 'service-defaults',
  router: 'service-router',
} as const;

/** Consul's entries in memory, with compare-and-set and blocking reads; it keeps every record that it ever took. */
export class CrashMesh implements Mesh {
  /** Every splitter that was stored, in order: the record in it (if any) and canary's share of it in basis points. */
  readonly accepted: { readonly record: Rollout | undefined; readonly green: number; readonly sum: number }[] = [];
  readonly #entries = new Map<string, StoredEntry>();
  readonly #waiting = new Set<() => void>();
  #index = 10;

  constructor() {
    this.#entries.set('service-defaults', makeSeen(undefined).defaults!);
  }

  async readEntries(): Promise<Entries> {
    const found = Object.entries(PARTS).map(([part, kind]) => [part, this.#entries.get(kind)] as const);
    return Object.fromEntries(found.filter(([, entry]) => entry !== undefined));
  }

  async readEntry(
    kind: string,
    _name: string,
    options: ReadOptions = {},
  ): Promise<{ entry: StoredEntry | undefined; index: number }> {
    if (options.index !== undefined) await this.#past(options.index, options.abort);
    return { entry: this.#entries.get(kind), index: this.#index };
  }

  async readChain(): Promise<Chain> {
    const splitter = this.#entries.get('service-splitter');
    if (splitter === undefined) return { protocol: 'http', startsWith: 'resolver', legs: [{ subset: '', weight: 10_000 }] };
    const router = this.#entries.get('service-router');
    const legs = legsOf(splitter.entry, 'payments');
    if (router === undefined) return { protocol: 'http', startsWith: 'splitter', legs };
    return { protocol: 'http', startsWith: 'router', legs, routed: routedIn(router.entry) };
  }

  async countInstances(): Promise<Readonly<Record<string, Instances>>> {
    return { blue: passing(2), green: passing(2) };
  }

  async watchInstances(_service: string, index: number, abort: AbortSignal): Promise<number> {
    await this.#past(Math.max(index, this.#index), abort);
    return this.#index;
  }

  async write(write: EntryWrite): Promise<'written' | 'lost'> {
    const known = this.#entries.get(write.kind);
    if ((known?.modifyIndex ?? 0) !== write.cas) return 'lost';
    this.#index++;
    if (write.entry === undefined) {
      this.#entries.delete(write.kind);
      for (const wake of this.#waiting) wake();
      return 'written';
    }
    const entry: StoredEntry = { modifyIndex: this.#index, entry: { ...structuredClone(write.entry), ModifyIndex: this.#index } };
    this.#entries.set(write.kind, entry);
    if (write.kind === 'service-splitter') {
      const legs = legsOf(entry.entry, 'payments');
      const sum = legs.reduce((all, leg) => all + leg.weight, 0);
      this.accepted.push({ record: readRecord(metaOf(entry.entry)), green: weightOf(legs, 'green'), sum });
    }
    for (const wake of this.#waiting) wake();
    return 'written';
  }

  /** Whether any route stands before the splitter. */
  get routed(): boolean {
    return this.#entries.has('service-router');
  }

  /** Which subset requests go to that ask for none. */
  get defaultSubset(): string | undefined {
    return defaultSubsetOf(this.#entries.get('service-resolver')?.entry);
  }

  /** Canary's stored share, in basis points. */
  get green(): number {
    return this.accepted.at(-1)?.green ?? 0;
  }

  #past(index: number, abort: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        if (abort?.aborted !== true && this.#index <= index) return;
        this.#waiting.delete(look);
        abort?.removeEventListener('abort', look);
        if (abort?.aborted === true) reject(new Error('aborted'));
        else resolve();
      };
      this.#waiting.add(look);
      abort?.addEventListener('abort', look);
      look();
    });
  }
}

/** The decision log in memory; entries are merged as the real one merges them. */
export class CrashLog implements DecisionLog {
  readonly #histories = new Map<string, History>();

  async recordPlan(service: string, rollout: string, digest: string, plan: Plan, source: string): Promise<void> {
    const history = await this.readHistory(service, rollout);
    this.#histories.set(rollout, { ...history, plans: { ...history.plans, [digest]: { plan, source } } });
  }

  async log(service: string, rollout: string, entries: readonly LogEntry[]): Promise<void> {
    this.#histories.set(rollout, entries.reduce(appendEntry, await this.readHistory(service, rollout)));
  }

  async readHistory(service: string, rollout: string): Promise<History> {
    return this.#histories.get(rollout) ?? emptyHistory(service, rollout);
  }

  async listRollouts(): Promise<readonly string[]> {
    return [...this.#histories.keys()].sort();
  }
}

/** Sidecars that count 300 answers a look of each version, a few of them bad; from this weight of canary on, most of canary's. */
export function countingSidecars(mesh: CrashMesh, failsFrom: number, now: () => number): SignalSource & TrafficSource {
  return {
    traffic: async () => undefined,
    coverage: () => ({}),
    read: async (signals: readonly Signal[]): Promise<readonly Reading[]> => {
      if (mesh.green === 0) return [];
      const canary = { bad: mesh.green >= failsFrom ? 200 : 1, total: 300 };
      const measurement = { kind: 'counts', canary, stable: { bad: 1, total: 300 } } as const;
      return signals.map(({ name }) => ({ signal: name, at: now(), query: 'scripted', raw: '', measurement }));
    },
  };
}
