import type { ConsulClient } from './client.js';
import { ConsulError } from './errors.js';
import type { ConsulKv } from './kv.js';

/** A controller that lives, as its key in KV says. Times in ms. */
export interface Member {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly since: number;
  readonly version: string;
  /** Where it serves its API, as `http://127.0.0.1:8410`. */
  readonly api?: string;
  /** Counts the beats, so that each changes the key: the others hear whoever lives. */
  readonly beat?: number;
}

/**
 * Controllers register under `controllers/<id>`, each key held by a TTL session: Consul drops it twice the TTL after its holder was last heard of.
 * Sessions are tied to no node check, so that a flapping agent does not end them.
 */
export class Membership {
  readonly #client: ConsulClient;
  readonly #kv: ConsulKv;
  readonly #prefix: string;
  #session: string | undefined;
  #beats = 0;

  constructor(client: ConsulClient, kv: ConsulKv, prefix: string) {
    this.#client = client;
    this.#kv = kv;
    this.#prefix = `${prefix.replace(/\/*$/, '/')}controllers/`;
  }

  /** Registers with a session of `ttl` ms, or says again that this member lives; one whose session ended is registered anew. False when another process holds this id. */
  async beat(member: Member, ttl: number, abort?: AbortSignal): Promise<boolean> {
    if (this.#session !== undefined && !(await this.#renew(this.#session, abort))) this.#session = undefined;
    this.#session ??= await this.#create(ttl, abort);
    const key = this.#prefix + member.id;
    // Other clients may drop a lock by a plain write, so it is taken again with every beat.
    return this.#kv.acquire(key, JSON.stringify({ ...member, beat: ++this.#beats }), this.#session);
  }

  /** Leaves at once, so that the others take over without waiting for the session to expire. */
  async leave(): Promise<void> {
    if (this.#session === undefined) return;
    await this.#client.call({
      method: 'PUT',
      path: `/session/destroy/${this.#session}`,
      what: 'ending the session of this controller',
    });
    this.#session = undefined;
  }

  /** Who lives now. With an index it blocks until somebody comes or goes (or about 30 s). */
  async list(options: { index?: number; abort?: AbortSignal } = {}): Promise<{ members: readonly Member[]; index: number }> {
    const { found, index } = await this.#kv.list(this.#prefix, options);
    const members = [...found.values()].flatMap(({ value, session }) => (session === undefined ? [] : parse(value)));
    return { members, index };
  }

  async #renew(session: string, abort: AbortSignal | undefined): Promise<boolean> {
    const path = `/session/renew/${session}`;
    return (
      (await this.#client.call({ method: 'PUT', path, what: 'renewing the session of this controller', abort })).status !== 404
    );
  }

  async #create(ttl: number, abort: AbortSignal | undefined): Promise<string> {
    const body = {
      Name: 'splitter controller',
      TTL: `${Math.ceil(ttl / 1_000)}s`,
      Behavior: 'delete',
      LockDelay: '1ms',
      NodeChecks: [],
    };
    const what = 'creating the session of this controller';
    const answer = await this.#client.call({ method: 'PUT', path: '/session/create', what, body, abort });
    const id = (answer.body as { readonly ID?: unknown }).ID;
    if (typeof id !== 'string') throw new ConsulError('rejected', 'Consul gave no session', 'is this address really Consul?');
    return id;
  }
}

function parse(value: string): readonly Member[] {
  try {
    const member = JSON.parse(value) as Member;
    return typeof member.id === 'string' ? [member] : [];
  } catch {
    return [];
  }
}
