import { createHash } from 'node:crypto';
import type { Caller } from './desk.js';

/** What Consul said of a token is believed for so long, ms. */
const BELIEVED = 10_000;
const KEPT = 500;

/** Asks Consul whose token it is, at most every few seconds for each. Tokens are kept as digests only. */
export class Identity {
  readonly #ask: (token: string) => Promise<Caller>;
  readonly #now: () => number;
  readonly #known = new Map<string, { readonly caller: Promise<Caller>; readonly at: number }>();

  constructor(ask: (token: string) => Promise<Caller>, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Who has this token; rejects when Consul cannot be asked, which is not remembered. */
  whoIs(token: string): Promise<Caller> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined && this.#now() - known.at < BELIEVED) return known.caller;
    const caller = this.#ask(token);
    this.#known.delete(key);
    this.#known.set(key, { caller, at: this.#now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    caller.catch(() => this.#known.delete(key));
    return caller;
  }
}
