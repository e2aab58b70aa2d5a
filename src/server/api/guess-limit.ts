/** How many tokens that Consul does not know one address may try in a minute. */
const MOST = 20;
const WINDOW = 60_000;
const KEPT = 1_000;

/** Counts tokens that Consul did not know, by where they came from, so that nobody can guess many of them or keep Consul busy. */
export class GuessLimit {
  readonly #now: () => number;
  readonly #tries = new Map<string, readonly number[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Whether this address has tried too many within the last minute. */
  isOver(address: string): boolean {
    return this.#recent(address).length >= MOST;
  }

  /** One more that was none. */
  wrong(address: string): void {
    const tries = [...this.#recent(address), this.#now()];
    this.#tries.delete(address);
    this.#tries.set(address, tries);
    const [oldest] = this.#tries.keys();
    if (this.#tries.size > KEPT && oldest !== undefined) this.#tries.delete(oldest);
  }

  #recent(address: string): readonly number[] {
    const since = this.#now() - WINDOW;
    return (this.#tries.get(address) ?? []).filter((at) => at > since);
  }
}
