import { createHash } from 'node:crypto';
import type { Asker, Caller } from './desk.js';
import { GuessLimit } from './guess-limit.js';

/** What Consul said of a token is believed for so long, ms. */
const BELIEVED = 10_000;
const KEPT = 500;
/** A token that Consul knew is asked about for so long whatever else comes from its address, ms. */
const TRUSTED = 3_600_000;

/** Asks Consul whose token it is, at most every few seconds for each. Tokens are kept as digests only. */
export class Identity {
  readonly #ask: (token: string) => Promise<Caller>;
  readonly #now: () => number;
  readonly #limit: GuessLimit;
  readonly #known = new Map<string, { readonly caller: Promise<Caller>; readonly at: number }>();

  /** When Consul last knew a token. */
  readonly #accepted = new Map<string, number>();

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
    if (this.#limit.isOver(address) && !this.#isTrusted(key)) return { kind: 'limited' };
    const caller = this.#ask(token);
    this.#remember(key, caller);
    const { kind } = await caller;
    if (kind === 'unknown-token') this.#limit.wrong(address);
    this.#accepted.delete(key);
    if (kind === 'known') this.#accepted.set(key, this.#now());
    dropOldest(this.#accepted);
    return caller;
  }

  #isTrusted(key: string): boolean {
    const at = this.#accepted.get(key);
    return at !== undefined && this.#now() - at < TRUSTED;
  }

  #remember(key: string, caller: Promise<Caller>): void {
    this.#known.delete(key);
    this.#known.set(key, { caller, at: this.#now() });
    dropOldest(this.#known);
    caller.catch(() => this.#known.delete(key));
  }
}

function dropOldest(kept: Map<string, unknown>): void {
  const [oldest] = kept.keys();
  if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
}
