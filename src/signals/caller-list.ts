import { type Called, type Caller, findCallers } from './callers.js';
import type { CatalogReader } from './catalog-reader.js';
import { readProtocol } from './protocol.js';

const REFRESH = 15_000;
/** The least time between two searches while nothing can be read. */
const RETRY = 1_000;
/** Searching takes at most a fifth of the time, however large the catalog. */
const REST = 4;

/** The callers of one service and the protocol that they speak to it, searched again from time to time; a search that fails leaves the list as it was. */
export class CallerList {
  readonly #catalog: CatalogReader;
  readonly #target: Called;
  readonly #now: () => number;
  #callers: readonly Caller[] | undefined;
  #protocol: string | undefined;
  #why = '';
  #search: Promise<void> | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  #took = 0;

  constructor(catalog: CatalogReader, target: Called, now: () => number) {
    this.#catalog = catalog;
    this.#target = target;
    this.#now = now;
  }

  /** The callers as known; undefined until a first search succeeded. */
  get callers(): readonly Caller[] | undefined {
    return this.#callers;
  }

  /** The protocol that the mesh speaks to the service; undefined until a first search succeeded. */
  get protocol(): string | undefined {
    return this.#protocol;
  }

  /** Why the last search failed, or nothing. */
  get why(): string {
    return this.#why;
  }

  /** Searches when it is time. Waits for it only while nothing is known; never throws. */
  async refresh(readable: boolean, abort: AbortSignal): Promise<void> {
    const age = this.#now() - this.#endedAt;
    const due = age >= (readable ? REFRESH : Math.max(RETRY, REST * this.#took));
    if (due) this.#search ??= this.#find(abort);
    if (this.#callers === undefined) await this.#search;
  }

  async #find(abort: AbortSignal): Promise<void> {
    const startedAt = this.#now();
    try {
      const callers = await findCallers(this.#catalog, this.#target, abort);
      // How callers speak matters only where one can be read.
      if (callers.some(({ address }) => address !== undefined))
        this.#protocol = await readProtocol(this.#catalog, this.#target, abort);
      this.#callers = callers;
      this.#why = '';
    } catch (error) {
      this.#why = (error as Error).message;
    } finally {
      this.#endedAt = this.#now();
      this.#took = this.#endedAt - startedAt;
      this.#search = undefined;
    }
  }
}
