import type { MetricsAccess } from '../core/metrics-access.js';
import type { ServiceRef } from '../core/plan.js';
import type { CallerNews } from './caller-news.js';
import { type Family, parseEnvoyMetrics } from './envoy-metrics.js';
import type { Ledger } from './ledger.js';
import { PageHistory } from './page-history.js';
import type { DatedPage, Pages } from './pages.js';
import { UselessPage } from './useless-page.js';

/** The totals of one service that all its callers' sidecars add to. */
export type Ledgers = Readonly<Record<Family, Ledger>>;

/** What a caller's pages are added to: the totals of all, and what each told by itself. */
export interface Books {
  readonly ledgers: Ledgers;
  readonly news: CallerNews;
}

/** Pages that add nothing say nothing of a caller for so long after one that did, ms; or for two of its turns. */
const GRACE = 2_000;

/** Which service to count, and how the pages that count it are reached. */
type Measured = ServiceRef & { readonly metrics?: MetricsAccess };

/** One caller's metrics page, and where its counters stood when it was read last. */
export class Sidecar {
  readonly address: string;
  readonly #pages: Pages;
  readonly #history = new PageHistory();
  #state: { readonly read: boolean; readonly why: string } | undefined;
  #underWay: Promise<void> | undefined;
  #seen = Number.NEGATIVE_INFINITY;
  #countedAt = Number.NEGATIVE_INFINITY;

  constructor(address: string, pages: Pages) {
    this.address = address;
    this.#pages = pages;
  }

  /** Whether the last scrape was answered; undefined before the first one ended. */
  get read(): boolean | undefined {
    return this.#state?.read;
  }

  /** Why the last scrape failed. */
  get why(): string {
    return this.#state?.why ?? 'not read yet';
  }

  /** When the last page that counted was read, ms. */
  get countedAt(): number {
    return this.#countedAt;
  }

  /** Two Envoys have answered at this address by turns. */
  hasTurns(now: number): boolean {
    return this.#history.hasTurns(now);
  }

  /** Reads its page where it is its turn, and adds what is new to the books; joins a reading that is under way. Undefined: not its turn. Never throws. */
  look(target: Measured, books: Books, families: ReadonlySet<Family>): Promise<void> | undefined {
    if (this.#underWay !== undefined) return this.#underWay;
    const dated = this.#pages.turn(this.address, families, this.#seen, target.metrics);
    if (dated === undefined) return undefined;
    this.#underWay = this.#take(dated, target, books, families).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #take({ at, page }: DatedPage, target: Measured, books: Books, families: ReadonlySet<Family>): Promise<void> {
    this.#seen = at;
    try {
      const { facts, lines } = await page.then((read) => ({ facts: read.facts, lines: read.linesOf(target.service) }));
      const metrics = parseEnvoyMetrics(lines, target);
      const read = new Map([...families].map((family) => [family, metrics[family]]));
      const taken = this.#history.take({ at, facts, families: read });
      if (taken.kind === 'ignored') throw new UselessPage(taken.why);
      for (const [family, increments] of taken.increments) books.ledgers[family].add(increments);
      books.news.add({ address: this.address, from: this.#countedAt, at, increments: taken.increments });
      this.#countedAt = at;
      this.#state = { read: true, why: '' };
    } catch (error) {
      const grace = error instanceof UselessPage && at - this.#countedAt <= Math.max(GRACE, 2 * this.#pages.every(this.address));
      if (!grace) this.#state = { read: false, why: (error as Error).message };
    }
  }
}
