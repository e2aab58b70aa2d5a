import { createHash } from 'node:crypto';
import type { Asker, Caller } from './desk.js';
import { GuessLimit } from './guess-limit.js';

/** What Consul said of a token is believed for so long, ms. */
const BELIEVED = 10_000;
const KEPT = 500;

/** Asks Consul whose token it is, at most every few seconds for each. Tokens are kept as digests only. */
export class Identity {
  readonly #ask: (token: string) => Promise<Caller>;
  readonly #now: () => number;
  readonly #limit: GuessLimit;
  readonly #known = new Map<string, { readonly caller: Promise<Caller>; readonly at: number }>();

  constructor(ask: (token: string) => Promise<Caller>, now: () => number) {
    this.#ask = ask;
    this.#now = now;
    this.#limit = new GuessLimit(now);
  }

  /** Who has this token, asked from this address; rejects when Consul cannot be asked, which is not remembered. */
  async whoIs(token: string, address: string): Promise<Asker> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#known.get(key);
    if (known !== undefined && this.#now() - known.at < BELIEVED) return known.caller;
    if (this.#limit.isOver(address)) return { kind: 'limited' };
    const caller = this.#ask(token);
    this.#remember(key, caller);
    if ((await caller).kind === 'unknown-token') this.#limit.wrong(address);
    return caller;
  }

  #remember(key: string, caller: Promise<Caller>): void {
    this.#known.delete(key);
    this.#known.set(key, { caller, at: this.#now() });
    const [oldest] = this.#known.keys();
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    caller.catch(() => this.#known.delete(key));
  }
}
