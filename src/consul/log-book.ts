import { appendEntry, emptyHistory, type History, type LogEntry } from '../core/history.js';
import { isRecord } from '../core/is-record.js';
import type { Plan } from '../core/plan.js';
import type { DecisionLog } from '../ports.js';
import type { ConsulClient } from './client.js';
import type { Store } from './store.js';

/** How long the first entry waits for others to be written with it, ms. */
const GATHER = 40;
/** Consul takes 64 operations (128 in newer versions) and 512 KiB in one transaction. */
const OPERATIONS = 64;
const BYTES = 256 * 1024;
/** Logs whose last state is kept in memory, so that they need not be read before each write. */
const KEPT = 2_000;

interface Page {
  readonly history: History;
  readonly modifyIndex: number;
}
interface Waiting {
  readonly service: string;
  readonly rollout: string;
  readonly entries: readonly LogEntry[];
  readonly done: (error?: Error) => void;
}

/**
 * The decision log of many rollouts: entries that come within a few milliseconds go into one transaction of Consul's KV, each key still by
 * compare-and-set. What a transaction cannot write is written on its own, by the store's rules.
 */
export class LogBook implements DecisionLog {
  readonly #client: ConsulClient;
  readonly #store: Store;
  readonly #pages = new Map<string, Page>();
  #waiting: Waiting[] = [];
  #sending: Promise<void> | undefined;

  constructor(client: ConsulClient, store: Store) {
    this.#client = client;
    this.#store = store;
  }

  recordPlan(service: string, rollout: string, digest: string, plan: Plan, source: string): Promise<void> {
    this.#pages.delete(this.#store.historyKey(service, rollout));
    return this.#store.recordPlan(service, rollout, digest, plan, source);
  }

  /** Resolves when the entries are stored; rejects when Consul does not take them. */
  log(service: string, rollout: string, entries: readonly LogEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ service, rollout, entries, done: (error) => (error === undefined ? resolve() : reject(error)) });
      this.#sending ??= this.#sendAll().finally(() => {
        this.#sending = undefined;
      });
    });
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, GATHER));
      await this.#send(this.#takeBatch());
    }
  }

  /** The next entries that fit into one transaction; of one log only the first, since the others build on it. */
  #takeBatch(): readonly Waiting[] {
    const batch = new Map<string, Waiting>();
    const left: Waiting[] = [];
    for (const one of this.#waiting) {
      const key = this.#store.historyKey(one.service, one.rollout);
      if (batch.size >= OPERATIONS || batch.has(key)) left.push(one);
      else batch.set(key, one);
    }
    this.#waiting = left;
    return [...batch.values()];
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const pages = await Promise.all(batch.map((one) => this.#next(one).catch((error: Error) => error)));
    let part: { readonly one: Waiting; readonly key: string; readonly page: Page; readonly value: string }[] = [];
    let bytes = 0;
    const flush = async (): Promise<void> => {
      const full = part;
      part = [];
      bytes = 0;
      if (full.length > 0) await this.#commit(full);
    };
    for (const [i, page] of pages.entries()) {
      const one = batch[i]!;
      if (page instanceof Error) one.done(page);
      else {
        const value = Buffer.from(JSON.stringify(page.history)).toString('base64');
        if (bytes + value.length > BYTES) await flush();
        part.push({ one, key: this.#store.historyKey(one.service, one.rollout), page, value });
        bytes += value.length;
      }
    }
    await flush();
  }

  /** The log with the new entries, and the index that it was read at. */
  async #next({ service, rollout, entries }: Waiting): Promise<Page> {
    const known = this.#pages.get(this.#store.historyKey(service, rollout)) ?? (await this.#store.readPage(service, rollout));
    const before = known ?? { history: emptyHistory(service, rollout), modifyIndex: 0 };
    return { history: entries.reduce(appendEntry, before.history), modifyIndex: before.modifyIndex };
  }

  async #commit(
    part: readonly { readonly one: Waiting; readonly key: string; readonly page: Page; readonly value: string }[],
  ): Promise<void> {
    try {
      const indexes = await this.#transact(
        part.map(({ key, page, value }) => ({ KV: { Verb: 'cas', Key: key, Value: value, Index: page.modifyIndex } })),
      );
      for (const { one, key, page } of part) {
        const modifyIndex = indexes?.get(key);
        if (modifyIndex === undefined || hasEnded(page.history)) this.#pages.delete(key);
        else this.#keep(key, { history: page.history, modifyIndex });
        if (indexes === undefined) await this.#alone(one);
        else one.done();
      }
    } catch (error) {
      for (const { one, key } of part) {
        this.#pages.delete(key);
        one.done(error as Error);
      }
    }
  }

  async #alone(one: Waiting): Promise<void> {
    await this.#store.log(one.service, one.rollout, one.entries).then(
      () => one.done(),
      (error: Error) => one.done(error),
    );
  }

  /** The new index of each key; undefined when somebody else had changed one of them and nothing was written, or when it was written and the answer was lost: what is there already is not added twice. */
  async #transact(operations: readonly object[]): Promise<ReadonlyMap<string, number> | undefined> {
    const answer = await this.#client.call({
      method: 'PUT',
      path: '/txn',
      what: 'writing the decision log',
      body: operations,
      conflict: true,
      repeatable: true,
    });
    if (answer.status === 409) return undefined;
    const results = isRecord(answer.body) && Array.isArray(answer.body.Results) ? answer.body.Results.filter(isRecord) : [];
    return new Map(results.flatMap(({ KV }) => (isRecord(KV) ? [[String(KV.Key), Number(KV.ModifyIndex)] as const] : [])));
  }

  #keep(key: string, page: Page): void {
    this.#pages.delete(key);
    this.#pages.set(key, page);
    const [oldest] = this.#pages.keys();
    if (this.#pages.size > KEPT && oldest !== undefined) this.#pages.delete(oldest);
  }
}

/** Whether nothing but a last hook is to be expected for this log: it need not be kept in memory. */
function hasEnded({ entries }: History): boolean {
  const phase = entries.at(-1)?.phase;
  return phase === 'Promoted' || phase === 'Reverted' || phase === 'Superseded';
}
