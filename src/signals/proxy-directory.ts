import { setMaxListeners } from 'node:events';
import type { CatalogReader } from './catalog-reader.js';
import { type Called, type Caller, oncePerAddress, type Proxies, readProxies } from './proxies.js';
import { scope } from './scope.js';
import { Senders } from './senders.js';

/** A search is good for everybody who asks within this time, ms. */
const FRESH = 1_000;
/** Searching takes at most a twentieth of the time, however large the catalog and however many ask. */
const REST = 19;

interface Search {
  readonly found: Promise<Proxies>;
  endedAt: number | undefined;
  took: number;
}

/** The sidecars and gateways of each namespace, partition and datacenter that is asked about: searched once for all who want to know. */
export class ProxyDirectory {
  readonly #catalog: CatalogReader;
  readonly #now: () => number;
  readonly #senders: Senders;
  readonly #searches = new Map<string, Search>();
  /** A search serves all who ask, so none of them may end it. */
  readonly #never = new AbortController().signal;

  constructor(catalog: CatalogReader, now: () => number) {
    this.#catalog = catalog;
    this.#now = now;
    this.#senders = new Senders(now);
    // All requests of a search listen on it at once.
    setMaxListeners(0, this.#never);
  }

  /** What the last search found, or a new one when it is old. Rejects with what Consul said; that is asked again after a second at the soonest. */
  read(target: Called): Promise<Proxies> {
    const key = JSON.stringify(scope(target));
    const known = this.#searches.get(key);
    if (known !== undefined && !this.#isOld(known)) return known.found;
    const startedAt = this.#now();
    const search: Search = { found: readProxies(this.#catalog, target, this.#never), endedAt: undefined, took: 0 };
    const end = (): void => {
      search.endedAt = this.#now();
      search.took = search.endedAt - startedAt;
    };
    search.found.then(end, end);
    this.#searches.set(key, search);
    return search.found;
  }

  /** Those who call the service for certain, those too that only may and have been seen to; each metrics address once. Rejects as `read` does. */
  async callersOf(target: Called): Promise<readonly Caller[]> {
    const entrances = (await this.read(target)).entrancesOf(target);
    const seen = await this.#senders.among(
      entrances.filter(({ certain }) => !certain),
      target.service,
    );
    const certain = entrances.filter((entrance) => entrance.certain);
    return oncePerAddress([...certain, ...seen.map((entrance) => ({ ...entrance, certain: true }))]);
  }

  #isOld({ endedAt, took }: Search): boolean {
    return endedAt !== undefined && Math.abs(this.#now() - endedAt) >= Math.max(FRESH, REST * took);
  }
}
