import type { Coverage } from '../core/coverage.js';
import type { CatalogReader } from './catalog-reader.js';
import { INBOUND, type Inbound, parseInbound } from './inbound-metrics.js';
import { type Increments, incrementsBetween } from './increments.js';
import { findInstanceProxies, type InstanceProxy, type Sided } from './instance-proxies.js';
import { Ledger } from './ledger.js';
import type { LookupBudget } from './lookup-budget.js';
import type { Pages } from './pages.js';
import { readProtocol } from './protocol.js';

/** The instances are looked up so often, ms; sooner while none is known, but each time half as soon: they may show no metrics at all. */
const REFRESH = 15_000;
const RETRY = 2_000;
/** An answer that an instance has counted is in its caller's counters after this time, ms. */
const SETTLES = 50;
/** The pages of a service's instances are read at most so often in all: one in this many ms. */
const APART = 10;
/** How often the pages of either role are read, ms: while callers count everything, and while they do not. */
const PACE = { calm: { canary: 250, stable: 1_000 }, hurry: { canary: 0, stable: 500 } } as const;

type Side = keyof Inbound;

/** One instance's page: where its counters stood, and what came since that is too fresh to be held against the callers' counters. */
interface InstancePage {
  readonly subset: string;
  readonly address: string;
  stood: Inbound | undefined;
  read: boolean;
  underWay: boolean;
  askedAt: number;
  /** `from`: when the page before was asked for, which is where the increments begin. */
  waiting: { readonly from: number; readonly ended: number; readonly since: Readonly<Record<Side, Increments>> }[];
}

/** What the instances' own sidecars counted of one service, always a moment behind what the callers counted. */
export class InstanceSide {
  readonly #ledgers: Readonly<Record<Side, Ledger>> = { classes: new Ledger(), statuses: new Ledger() };
  readonly #catalog: CatalogReader;
  readonly #target: Sided;
  readonly #pages: Pages;
  readonly #lookups: LookupBudget;
  readonly #now: () => number;
  readonly #begun = new Map<string, number>();
  readonly #asOf = new Map<string, number>();
  #proxies: readonly InstanceProxy[] = [];
  #known = new Map<string, InstancePage>();
  #protocol: string | undefined;
  #searching = false;
  #searchedAt = Number.NEGATIVE_INFINITY;
  #retry = RETRY;

  constructor(catalog: CatalogReader, target: Sided, pages: Pages, lookups: LookupBudget, now: () => number) {
    this.#catalog = catalog;
    this.#target = target;
    this.#pages = pages;
    this.#lookups = lookups;
    this.#now = now;
  }

  /** How the mesh speaks to the service; undefined where no instance shows its metrics. */
  get protocol(): string | undefined {
    return this.#protocol;
  }

  /** The subset's serving instances, and how many of them are read. */
  instances(subset: string): Coverage['instances'] {
    const own = this.#proxies.filter((one) => one.subset === subset);
    return { found: own.length, read: own.filter(({ address }) => this.#known.get(address ?? '')?.read === true).length };
  }

  /** Takes over what was read long enough ago; call it before the callers are read. The subsets of which something is new. */
  settle(at: number): ReadonlySet<string> {
    const fresh = new Set<string>();
    for (const page of this.#known.values()) {
      for (const { from, ended, since } of page.waiting) {
        if (ended > at - SETTLES) continue;
        for (const side of ['classes', 'statuses'] as const) this.#ledgers[side].add(since[side]);
        this.#asOf.set(page.subset, from);
        fresh.add(page.subset);
      }
      page.waiting = page.waiting.filter(({ ended }) => ended > at - SETTLES);
    }
    return fresh;
  }

  /** Begins to read what is due, and waits for none of it. `hurry`: callers do not count everything. Never throws. */
  look(at: number, hurry: boolean, abort: AbortSignal): void {
    const due = at - this.#searchedAt >= (this.#known.size > 0 ? REFRESH : this.#retry);
    const which = this.#searchedAt === Number.NEGATIVE_INFINITY ? 'first' : 'again';
    if (due && !this.#searching && this.#lookups.take(which)) void this.#find(abort);
    const pace = PACE[hurry ? 'hurry' : 'calm'];
    for (const page of this.#known.values()) {
      const every = Math.max(pace[page.subset === this.#target.canary ? 'canary' : 'stable'], this.#known.size * APART);
      if (!page.underWay && (at < page.askedAt || at - page.askedAt >= every)) void this.#read(page, at);
    }
  }

  /** What this consumer has not taken yet. Its first time, and until pages were read after that, only set its base line: whatever an instance counted since is counted by a caller since. */
  take(consumer: string, side: Side, at: number): Increments {
    const key = `${consumer} ${side}`;
    const begun = this.#begun.get(key) ?? at;
    this.#begun.set(key, begun);
    const increments = this.#ledgers[side].take(key);
    return new Map([...increments].filter(([subset]) => (this.#asOf.get(subset) ?? 0) >= begun));
  }

  async #find(abort: AbortSignal): Promise<void> {
    this.#searching = true;
    try {
      const proxies = await findInstanceProxies(this.#catalog, this.#target, abort);
      const readable = proxies.flatMap(({ subset, address }) => (address === undefined ? [] : [{ subset, address }]));
      if (readable.length > 0) this.#protocol ??= await readProtocol(this.#catalog, this.#target, abort);
      this.#proxies = proxies;
      this.#known = new Map(
        readable.map(({ subset, address }) => {
          const known = this.#known.get(address);
          return [address, known?.subset === subset ? known : beginPage(subset, address)];
        }),
      );
    } catch {
      // What was known stands; unknown instances are unknown coverage, and that is told.
    } finally {
      this.#searching = false;
      this.#searchedAt = this.#now();
      this.#retry = this.#known.size > 0 ? RETRY : Math.min(REFRESH, 2 * this.#retry);
    }
  }

  async #read(page: InstancePage, began: number): Promise<void> {
    const from = page.stood === undefined ? began : page.askedAt;
    page.underWay = true;
    page.askedAt = began;
    try {
      const { text } = await this.#pages.read(page.address, INBOUND, this.#target.metrics);
      const now = parseInbound(text, page.subset);
      const since = (side: Side): Increments => incrementsBetween(page.stood?.[side], now[side]);
      page.waiting.push({ from, ended: this.#now(), since: { classes: since('classes'), statuses: since('statuses') } });
      page.stood = now;
      page.read = true;
    } catch {
      page.read = false;
    } finally {
      page.underWay = false;
    }
  }
}

function beginPage(subset: string, address: string): InstancePage {
  return { subset, address, stood: undefined, read: false, underWay: false, askedAt: Number.NEGATIVE_INFINITY, waiting: [] };
}
