import { isRecord } from '../core/is-record.js';
import { policyLine } from '../core/permission.js';
import type { Answer, Call, ConsulClient } from './client.js';
import { ConsulError, sayLacking } from './errors.js';

/** A value in KV, with the index for compare-and-set and the session that holds it, if one does. */
export interface KvValue {
  readonly value: string;
  readonly modifyIndex: number;
  readonly session?: string;
}

/** Consul's key-value store, as far as splitter uses it. Keys are whole (prefix included). */
export class ConsulKv {
  readonly #client: ConsulClient;

  constructor(client: ConsulClient) {
    this.#client = client;
  }

  /** The value of a key; undefined when there is none. With an index it blocks until the key changes. */
  async read(
    key: string,
    options: { index?: number; abort?: AbortSignal } = {},
  ): Promise<{ found: KvValue | undefined; index: number }> {
    const blocking = options.index === undefined ? {} : { query: { index: options.index, wait: '30s' }, timeout: 45_000 };
    const answer = await this.#client.call({
      method: 'GET',
      path: pathOf(key),
      what: `reading key ${key}`,
      abort: options.abort,
      ...blocking,
    });
    const first = Array.isArray(answer.body) && isRecord(answer.body[0]) ? answer.body[0] : undefined;
    return { found: first === undefined || answer.status === 404 ? undefined : keyValueOf(first), index: answer.index };
  }

  /** Writes a key if its index is still this (0: only if absent). False when somebody was faster. Where the answer is lost, what is stored tells. */
  async write(key: string, value: string, cas: number): Promise<boolean> {
    return this.#settle(
      { method: 'PUT', path: pathOf(key), what: `writing key ${key}`, query: { cas }, body: value, repeatable: true },
      async () => (await this.read(key)).found?.value === value,
    );
  }

  /** Writes a key whatever it holds: only for values that nothing rests on. */
  async set(key: string, value: string): Promise<void> {
    await this.#client.call({ method: 'PUT', path: pathOf(key), what: `writing key ${key}`, body: value, repeatable: true });
  }

  /** Takes or renews the lock on a key with a value. False when another session holds it. */
  async acquire(key: string, value: string, session: string): Promise<boolean> {
    return (
      (
        await this.#client.call({
          method: 'PUT',
          path: pathOf(key),
          what: `locking key ${key}`,
          query: { acquire: session },
          body: value,
          repeatable: true,
        })
      ).body === true
    );
  }

  /** Every key under a prefix with its value, or of a `mixed` prefix those that may be read. With an index it blocks until one of them changes, comes or goes. */
  async list(
    prefix: string,
    options: { index?: number; abort?: AbortSignal; mixed?: boolean } = {},
  ): Promise<{ found: ReadonlyMap<string, KvValue>; index: number }> {
    const blocking = options.index === undefined ? {} : { index: options.index, wait: '30s' };
    const answer = await this.#client.call({
      method: 'GET',
      path: pathOf(prefix),
      what: `reading keys under ${prefix}`,
      abort: options.abort,
      query: { recurse: 'true', ...blocking },
      timeout: 45_000,
    });
    const all = answer.status === 404 || !Array.isArray(answer.body) ? [] : answer.body.filter(isRecord);
    if (options.mixed !== true) this.#requireSeen(prefix, all, answer);
    return { found: new Map(all.map((entry) => [String(entry.Key), keyValueOf(entry)])), index: answer.index };
  }

  /** Every key under a prefix, sorted. */
  async keys(prefix: string): Promise<readonly string[]> {
    const answer = await this.#client.call({
      method: 'GET',
      path: pathOf(prefix),
      what: `listing keys under ${prefix}`,
      query: { keys: 'true' },
    });
    const all = answer.status === 404 || !Array.isArray(answer.body) ? [] : answer.body.map(String).sort();
    this.#requireSeen(prefix, all, answer);
    return all;
  }

  /** Deletes a key, with an index only if it is still this; nothing happens when it is absent. False when somebody was faster. */
  async remove(key: string, cas?: number): Promise<boolean> {
    return this.#settle(
      { method: 'DELETE', path: pathOf(key), what: `deleting key ${key}`, query: { cas }, repeatable: true },
      async () => (await this.read(key)).found === undefined,
    );
  }

  /** A compare-and-set that was sent again loses against itself where the first one was applied. */
  async #settle(call: Call, isDone: () => Promise<boolean>): Promise<boolean> {
    let isDoubtful = false;
    const onLost = (): void => {
      isDoubtful = true;
    };
    const { body } = await this.#client.call({ ...call, onLost });
    return body === true || (isDoubtful && (await isDone()));
  }

  /** Keys that ACLs hid look like keys that are not there. */
  #requireSeen(prefix: string, all: readonly unknown[], { filtered }: Answer): void {
    if (all.length > 0 || !filtered) return;
    throw new ConsulError(
      'denied',
      `this token lacks permission 'key:read' on "${prefix}" (token from ${this.#client.settings.tokenFrom})`,
      sayLacking([policyLine({ resource: 'key', access: 'read', name: prefix })], this.#client.settings.tokenFrom),
      true,
    );
  }
}

function pathOf(key: string): string {
  return `/kv/${key.split('/').map(encodeURIComponent).join('/')}`;
}

function keyValueOf(entry: Readonly<Record<string, unknown>>): KvValue {
  const value = typeof entry.Value === 'string' ? Buffer.from(entry.Value, 'base64').toString('utf8') : '';
  const found = { value, modifyIndex: Number(entry.ModifyIndex) };
  return typeof entry.Session === 'string' ? { ...found, session: entry.Session } : found;
}
