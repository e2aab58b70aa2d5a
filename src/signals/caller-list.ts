import type { CatalogReader } from './catalog-reader.js';
import { readProtocol } from './protocol.js';
import type { Called, Caller } from './proxies.js';
import type { ProxyDirectory } from './proxy-directory.js';

const REFRESH = 15_000;
/** The least time between two looks while nothing can be read. */
const RETRY = 1_000;
/** How callers speak to a service changes seldom, and each rollout asks for itself. */
const PROTOCOL_REFRESH = 300_000;

/** The callers of one service and the protocol that they speak to it, looked up again from time to time; a look that fails leaves the list as it was. */
export class CallerList {
  readonly #catalog: CatalogReader;
  readonly #directory: ProxyDirectory;
  readonly #target: Called;
  readonly #now: () => number;
  #callers: readonly Caller[] | undefined;
  #protocol: { readonly name: string; readonly at: number } | undefined;
  #why = '';
  #hidden = false;
  #search: Promise<void> | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;

  constructor(catalog: CatalogReader, directory: ProxyDirectory, target: Called, now: () => number) {
    this.#catalog = catalog;
    this.#directory = directory;
    this.#target = target;
    this.#now = now;
  }

  /** The callers as known; undefined until a first search succeeded. */
  get callers(): readonly Caller[] | undefined {
    return this.#callers;
  }

  /** The protocol that the mesh speaks to the service; undefined until a first search succeeded. */
  get protocol(): string | undefined {
    return this.#protocol?.name;
  }

  /** ACLs hide some of the catalog, so there may be more. */
  get hidden(): boolean {
    return this.#hidden;
  }

  /** Why the last search failed, or nothing. */
  get why(): string {
    return this.#why;
  }

  /** Looks them up when it is time. Waits for it only while nothing is known; never throws. */
  async refresh(readable: boolean, abort: AbortSignal): Promise<void> {
    const due = this.#now() - this.#endedAt >= (readable ? REFRESH : RETRY);
    if (due) this.#search ??= this.#find(abort);
    if (this.#callers === undefined) await this.#search;
  }

  async #find(abort: AbortSignal): Promise<void> {
    try {
      const again = this.#callers !== undefined;
      const proxies = await this.#directory.read(this.#target, again);
      const callers = await this.#directory.callersOf(this.#target, again);
      // How callers speak matters only where one can be read.
      const asked = this.#protocol === undefined || this.#now() - this.#protocol.at >= PROTOCOL_REFRESH;
      if (asked && callers.some(({ address }) => address !== undefined))
        this.#protocol = { name: await readProtocol(this.#catalog, this.#target, abort), at: this.#now() };
      this.#callers = callers;
      this.#hidden = proxies.hidden;
      this.#why = '';
    } catch (error) {
      this.#why = (error as Error).message;
    } finally {
      this.#endedAt = this.#now();
      this.#search = undefined;
    }
  }
}
