import { setMaxListeners } from 'node:events';
import type { CatalogReader } from './catalog-reader.js';
import { type Called, type Caller, oncePerAddress, type Proxies, readProxies } from './proxies.js';
import { scope } from './scope.js';
import { Senders } from './senders.js';

/** A search is good for whoever asks for the first time within so long, and for whoever asks again, ms. */
const FRESH = { first: 1_000, again: 5_000 };
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

  /** What the last search found, or a new one when it is old; `again`: whoever asks knows an older answer. Rejects with what Consul said; that is asked again after a second at the soonest. */
  read(target: Called, again = false): Promise<Proxies> {
    const key = JSON.stringify(scope(target));
    const known = this.#searches.get(key);
    if (known !== undefined && !this.#isOld(known, FRESH[again ? 'again' : 'first'])) return known.found;
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
  async callersOf(target: Called, again = false): Promise<readonly Caller[]> {
    const entrances = (await this.read(target, again)).entrancesOf(target);
    const seen = await this.#senders.among(
      entrances.filter(({ certain }) => !certain),
      target,
    );
    const certain = entrances.filter((entrance) => entrance.certain);
    return oncePerAddress([...certain, ...seen.map((entrance) => ({ ...entrance, certain: true }))]);
  }

  #isOld({ endedAt, took }: Search, fresh: number): boolean {
    return endedAt !== undefined && Math.abs(this.#now() - endedAt) >= Math.max(fresh, REST * took);
  }
}
