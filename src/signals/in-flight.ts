import { Agent } from 'node:http';
import type { InFlight } from '../core/draining.js';
import type { CatalogReader } from './catalog-reader.js';
import { countInFlight } from './envoy-metrics.js';
import type { Called } from './proxies.js';
import { ProxyDirectory } from './proxy-directory.js';
import { scrape } from './scrape.js';

const PATH = `/metrics?usedonly&filter=${encodeURIComponent('upstream_rq_(active|total)$')}`;

/** Counts the requests that callers have under way to one subset, from their sidecars' own gauges. */
export class InFlightReader {
  readonly #directory: ProxyDirectory;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(catalog: CatalogReader, now: () => number) {
    this.#directory = new ProxyDirectory(catalog, now);
  }

  /** One look; undefined when no caller can be read. Never throws. */
  async read(target: Called, subset: string): Promise<InFlight | undefined> {
    const proxies = await this.#directory.read(target).catch(() => undefined);
    const callers = proxies === undefined ? [] : await this.#directory.callersOf(target);
    const looks = callers.map(async ({ address }) => {
      if (address === undefined) return undefined;
      const text = await scrape(`http://${address}${PATH}`, this.#agent).catch(() => undefined);
      return text === undefined ? undefined : countInFlight(text, target, subset);
    });
    const read = (await Promise.all(looks)).filter((one) => one !== undefined);
    if (read.length === 0) return undefined;
    return {
      active: read.reduce((sum, { active }) => sum + active, 0),
      sent: read.reduce((sum, { sent }) => sum + sent, 0),
      complete: read.length === callers.length && proxies?.hidden === false,
    };
  }

  /** Lets go of its connections. */
  close(): void {
    this.#agent.destroy();
  }
}
