import { setTimeout as sleep } from 'node:timers/promises';
import type { CallersFlight, InFlight, InstancesFlight } from '../core/draining.js';
import { sayCaller } from '../core/following.js';
import { isRecord } from '../core/is-record.js';
import { type MetricsAccess, metricsOf } from '../core/metrics-access.js';
import type { CallerSent, SentLook } from '../core/off-canary.js';
import type { CatalogReader } from './catalog-reader.js';
import { countSent } from './envoy-metrics.js';
import { countInbound, countOutbound, INBOUND_FLIGHT, OUTBOUND, type OutboundFlight, SENT } from './flight-metrics.js';
import { inTurns } from './in-turns.js';
import { metricsPlaceOf } from './metrics-address.js';
import type { Called, Caller } from './proxies.js';
import { ProxyDirectory } from './proxy-directory.js';
import { scope } from './scope.js';
import { Scraper } from './scrape.js';

/** The subset that is looked at, with the filter that picks its instances. */
export interface Leaving {
  readonly name: string;
  readonly filter: string;
}

const AT_ONCE = 8;
/** So many pages are read without a pause; more of them at this rate a second. */
const FREE = 50;

/** Counts what is under way to one subset: by its callers' gauges, and by those of its own instances. */
export class InFlightReader {
  readonly #catalog: CatalogReader;
  readonly #directory: ProxyDirectory;
  readonly #scraper = new Scraper(1);
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #closing = new AbortController();

  /** Reads at most so many pages a second. */
  constructor(catalog: CatalogReader, now: () => number, perSecond: number) {
    this.#catalog = catalog;
    this.#directory = new ProxyDirectory(catalog, now);
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** One look. Never throws. */
  async read(target: Called, subset: Leaving): Promise<InFlight> {
    const [callers, instances] = await Promise.all([
      this.#readCallers(target, subset.name),
      this.#readInstances(target, subset).catch(() => undefined),
    ]);
    return { ...(callers === undefined ? {} : { callers }), ...(instances === undefined ? {} : { instances }) };
  }

  /** What each caller whose requests pass the splitter has sent to a subset, and in all. Never throws. */
  async readSent(target: Called, subset: string): Promise<SentLook> {
    const known = await this.#directory.callersOf(target, true).catch(() => []);
    const callers = known.filter(({ isSplit, isTcp }) => isSplit && !isTcp);
    const looks = await this.#each(callers, async ({ address, name, id, node }): Promise<CallerSent | undefined> => {
      const text = await this.#text(address, SENT, target.metrics);
      if (typeof text !== 'string') return undefined;
      const gone = countOutbound(text, target, subset).sent;
      return { name, id, node, at: this.#now(), gone, all: countSent(text, target) ?? 0 };
    });
    return {
      callers: looks.filter((look) => look !== undefined),
      unread: callers.filter((_, i) => looks[i] === undefined).map(sayCaller),
    };
  }

  /** Lets go of its connections. */
  close(): void {
    this.#closing.abort();
    this.#scraper.close();
  }

  /** Undefined when none can be read. */
  async #readCallers(target: Called, subset: string): Promise<CallersFlight | undefined> {
    const proxies = await this.#directory.read(target).catch(() => undefined);
    const callers = proxies === undefined ? [] : await this.#directory.callersOf(target);
    const looks = await this.#each(callers, async (caller) => {
      const text = await this.#text(caller.address, OUTBOUND, target.metrics);
      return typeof text === 'string' ? countOutbound(text, target, subset) : text;
    });
    const read = looks.filter((look): look is OutboundFlight => !(look instanceof Error));
    if (read.length === 0) return undefined;
    const sum = (key: 'active' | 'sent' | 'earlier' | 'connections'): number => read.reduce((total, one) => total + one[key], 0);
    const unknown = callers.flatMap((caller, i) => sayUnknown(caller, target.service, looks[i]));
    if (proxies?.hidden === true) unknown.push('callers that ACLs hide from this token');
    return {
      active: sum('active'),
      sent: sum('sent'),
      earlier: sum('earlier'),
      connections: sum('connections'),
      unknown: [...new Set(unknown)],
    };
  }

  /** Undefined when one of them cannot be read, or when there is none. */
  async #readInstances(target: Called, { filter }: Leaving): Promise<InstancesFlight | undefined> {
    const path = `/v1/health/connect/${encodeURIComponent(target.service)}`;
    const { body, hidden } = await this.#catalog.get(
      path,
      { ...scope(target), filter, 'merge-central-config': 'true' },
      this.#closing.signal,
    );
    const rows = Array.isArray(body) ? body.filter(isRecord) : [];
    const looks = await this.#each(rows, async (row) => {
      const place = metricsOf(metricsPlaceOf(row), target.metrics);
      const text = await this.#text('address' in place ? place.address : undefined, INBOUND_FLIGHT, target.metrics);
      return typeof text === 'string' ? countInbound(text) : undefined;
    });
    const read = looks.filter((look) => look !== undefined);
    if (hidden || read.length === 0 || read.length < rows.length) return undefined;
    const sum = (key: 'active' | 'received' | 'connections'): number => read.reduce((total, one) => total + one[key], 0);
    return { active: sum('active'), received: sum('received'), connections: sum('connections') };
  }

  async #text(address: string | undefined, query: string, access: MetricsAccess | undefined): Promise<string | Error> {
    if (address === undefined) return new Error('it shows no metrics');
    return this.#scraper.read(address, query, access).catch((error: Error) => error);
  }

  #each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
    const pause = items.length <= FREE ? 0 : (AT_ONCE * 1_000) / this.#perSecond;
    return inTurns(items, AT_ONCE, async (item) => {
      const [answer] = await Promise.all([work(item), pause === 0 ? undefined : sleep(pause)]);
      return answer;
    });
  }
}

function sayUnknown({ name, isTcp }: Caller, service: string, look: unknown): readonly string[] {
  if (look instanceof Error) return [`${name} (cannot be read: ${look.message})`];
  return isTcp === true ? [`${name} (speaks tcp to ${service})`] : [];
}
