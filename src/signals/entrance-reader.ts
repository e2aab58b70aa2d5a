import { type EntranceReading, type EntranceRow, entranceRows } from '../core/entrance-rows.js';
import type { Entrance } from '../core/entrances.js';
import type { CatalogReader } from './catalog-reader.js';
import { countSent } from './envoy-metrics.js';
import { inTurns } from './in-turns.js';
import { Pages } from './pages.js';
import type { Called } from './proxies.js';
import { ProxyDirectory } from './proxy-directory.js';

const AT_ONCE = 64;
/** A look at all of them takes about so long at most, ms. */
const PATIENCE = 5_000;
const SENT = `?usedonly&filter=${encodeURIComponent('upstream_(rq|cx)_total$')}`;

/** Everybody who reaches a service, and what above its splitter sends failed requests again. */
export interface EntranceList {
  readonly rows: readonly EntranceRow[];
  readonly retries: readonly string[];
  /** ACLs hide some of the catalog, so there may be more. */
  readonly hidden: boolean;
}

/** Finds the entrances of services and looks once at what each of them counts. */
export class EntranceReader {
  readonly #directory: ProxyDirectory;
  readonly #pages: Pages;
  readonly #now: () => number;

  constructor(catalog: CatalogReader, now: () => number) {
    this.#directory = new ProxyDirectory(catalog, now);
    this.#pages = new Pages(now);
    this.#now = now;
  }

  /** One look. Throws what Consul said where they cannot be found. */
  async read(target: Called): Promise<EntranceList> {
    const proxies = await this.#directory.read(target);
    const until = this.#now() + PATIENCE;
    const read = await inTurns(proxies.entrancesOf(target), AT_ONCE, async (entrance) => {
      const late = this.#now() > until;
      return [entrance, late ? { why: 'the others took all the time' } : await this.#look(entrance, target)] as const;
    });
    return { rows: entranceRows(read), retries: proxies.retriesOf(target), hidden: proxies.hidden };
  }

  async #look({ address, why }: Entrance, target: Called): Promise<EntranceReading> {
    if (address === undefined) return { why: why ?? 'it shows no metrics' };
    try {
      const { page } = await this.#pages.read(address, SENT, target.metrics);
      return { sent: countSent(page.linesOf(target.service), target) };
    } catch (error) {
      return { why: `${address}: ${(error as Error).message}` };
    }
  }
}
