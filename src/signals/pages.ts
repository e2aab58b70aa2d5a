import type { MetricsAccess } from '../core/metrics-access.js';
import { labelledAs } from './cluster-labels.js';
import { type Family, metricsQuery } from './envoy-metrics.js';
import { isEnvoyPage, type PageFacts, readFact } from './page-facts.js';
import { Scraper } from './scrape.js';
import { ScrapeBudget, type ScrapeLimits } from './scrape-budget.js';
import { UselessPage } from './useless-page.js';

/** Connections to hold to one caller; it needs one. */
const CONNECTIONS = 2;
/** A page whose reading began so recently is taken as present, ms. */
const FRESH = 50;

const SERVICE = 'consul_destination_service="';
const TYPE = '# TYPE ';
const UNREAD = { size: 0, merged: false };

/** One metrics page of a sidecar, divided among the services that it calls. */
export class Page {
  /** How long all of it was, characters. */
  readonly size: number;
  /** It also has numbers of an application, which another program had to be asked for. */
  readonly merged: boolean;
  /** Which process wrote it. */
  readonly facts: PageFacts;
  readonly #lines: ReadonlyMap<string, string>;

  /** Throws when the text is not Envoy's, or ends within a line. */
  constructor(text: string) {
    if (!isEnvoyPage(text)) throw new Error('the answer is no metrics page of Envoy');
    if (text !== '' && !text.endsWith('\n')) throw new UselessPage('the page is cut off');
    const { lines, facts, merged } = divide(text);
    this.size = text.length;
    this.merged = merged;
    this.facts = facts;
    this.#lines = lines;
  }

  /** The lines about one service, and of one with dots perhaps some about others; empty when there are none. */
  linesOf(service: string): string {
    return labelledAs(service)
      .flatMap((name) => this.#lines.get(name) ?? [])
      .join('\n');
  }
}

/** A page and when its reading began, ms. */
export interface DatedPage {
  readonly at: number;
  readonly page: Promise<Page>;
}

interface DatedText {
  readonly at: number;
  readonly page: Promise<{ readonly text: string; readonly page: Page }>;
}

interface Turn extends DatedPage {
  readonly families: ReadonlySet<Family>;
}

/** The metrics pages of all sidecars: one request and one reading for all rollouts that look at the same moment, and no more of them than the limits allow. */
export class Pages {
  readonly #scraper = new Scraper(CONNECTIONS);
  readonly #now: () => number;
  readonly #budget: ScrapeBudget;
  readonly #last = new Map<string, DatedText>();
  readonly #turns = new Map<string, Turn>();
  /** Families that were asked for when it was not this caller's turn. */
  readonly #missed = new Map<string, Set<Family>>();

  constructor(now: () => number, limits?: ScrapeLimits) {
    this.#now = now;
    this.#budget = new ScrapeBudget(now, limits);
  }

  /** The page at this address (host:port) as it is now, asked for with this query, as text and divided. Throws a short sentence when it cannot be read. */
  read(address: string, query: string, access?: MetricsAccess): DatedText['page'] {
    const at = this.#now();
    const key = `${address}${access?.path ?? ''}${query}`;
    const last = this.#last.get(key);
    if (last !== undefined && Math.abs(at - last.at) < FRESH) return last.page;
    const page = this.#scraper.read(address, query, access).then((text) => ({ text, page: new Page(text) }));
    keep(this.#last, key, { at, page }, () => FRESH);
    return page;
  }

  /**
   * The page of a caller (host:port) with these families, newer than the one that was read at `seen`; undefined when it is not its turn. The page
   * rejects with a short sentence when it cannot be read.
   */
  turn(
    address: string,
    families: ReadonlySet<Family>,
    seen = Number.NEGATIVE_INFINITY,
    access?: MetricsAccess,
  ): DatedPage | undefined {
    const at = this.#now();
    const last = this.#turns.get(address);
    const covers = last !== undefined && hasAll(last.families, families);
    if (covers && Math.abs(at - last.at) < FRESH) return last;
    if (this.#budget.take(address)) return this.#begin(address, families, at, access);
    if (covers && last.at > seen) return last;
    if (last !== undefined && !covers) this.#miss(address, families);
    return undefined;
  }

  /** How far two turns of this caller lie apart, ms. */
  every(address: string): number {
    return this.#budget.every(address);
  }

  #miss(address: string, families: ReadonlySet<Family>): void {
    const missed = this.#missed.get(address) ?? new Set();
    this.#missed.set(address, missed);
    for (const family of families) missed.add(family);
  }

  #begin(address: string, asked: ReadonlySet<Family>, at: number, access: MetricsAccess | undefined): DatedPage {
    const families = new Set([...asked, ...(this.#missed.get(address) ?? [])]);
    this.#missed.delete(address);
    const began = performance.now();
    // Until its next turn it is kept without its text, of which a mesh of thousands would hold hundreds of MB.
    const page = this.read(address, metricsQuery(families), access).then((read) => read.page);
    const note = ({ size, merged }: Pick<Page, 'size' | 'merged'>): void =>
      this.#budget.note(address, { size, merged, ms: performance.now() - began });
    page.then(note, () => note(UNREAD));
    const turn = { at, page, families };
    keep(this.#turns, address, turn, () => Math.max(FRESH, this.#budget.every(address)));
    return turn;
  }
}

function hasAll(known: ReadonlySet<Family>, wanted: ReadonlySet<Family>): boolean {
  for (const family of wanted) if (!known.has(family)) return false;
  return true;
}

/** Keeps a page only until it is old: it is large, and its sidecar may be gone tomorrow. */
function keep<T extends { readonly page: Promise<unknown> }>(
  pages: Map<string, T>,
  key: string,
  own: T,
  howLong: () => number,
): void {
  pages.set(key, own);
  const drop = (): void => {
    setTimeout(() => {
      if (pages.get(key) === own) pages.delete(key);
    }, howLong()).unref();
  };
  own.page.then(drop, drop);
}

function divide(text: string): {
  readonly lines: ReadonlyMap<string, string>;
  readonly facts: PageFacts;
  readonly merged: boolean;
} {
  const parts = new Map<string, string[]>();
  let facts: PageFacts = {};
  let merged = false;
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline === -1 ? text.length : newline;
    const line = text.slice(from, to);
    from = to + 1;
    if (line.startsWith(TYPE)) {
      merged ||= !line.startsWith('envoy_', TYPE.length);
      continue;
    }
    if (line.startsWith('#')) continue;
    const label = line.indexOf(SERVICE);
    if (label === -1) {
      const fact = readFact(line);
      if (fact !== undefined) facts = { ...facts, ...fact };
      continue;
    }
    const start = label + SERVICE.length;
    const service = line.slice(start, line.indexOf('"', start));
    const own = parts.get(service);
    if (own === undefined) parts.set(service, [line]);
    else own.push(line);
  }
  return { lines: new Map([...parts].map(([service, lines]) => [service, lines.join('\n')])), facts, merged };
}
