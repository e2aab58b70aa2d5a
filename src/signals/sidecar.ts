import type { ServiceRef } from '../core/plan.js';
import { type EnvoyMetrics, type Family, metricsPath, parseEnvoyMetrics, type Snapshot } from './envoy-metrics.js';
import { type Increments, incrementsBetween } from './increments.js';
import type { Ledger } from './ledger.js';
import type { Pages } from './pages.js';
import { RequestFollower } from './request-follower.js';

/** The totals of one service that all its callers' sidecars add to. */
export type Ledgers = Readonly<Record<Family, Ledger>>;

/** One caller's metrics page, and where its counters stood when it was read last. */
export class Sidecar {
  readonly address: string;
  readonly #pages: Pages;
  readonly #stood = new Map<Family, Snapshot>();
  readonly #requests = new RequestFollower();
  #state: { readonly read: boolean; readonly why: string } | undefined;
  #underWay: Promise<void> | undefined;

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

  /** Scrapes and adds what is new to the ledgers; joins a scrape that is under way. Never throws. */
  look(target: ServiceRef, ledgers: Ledgers, families: ReadonlySet<Family>): Promise<void> {
    this.#underWay ??= this.#look(target, ledgers, families).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #look(target: ServiceRef, ledgers: Ledgers, families: ReadonlySet<Family>): Promise<void> {
    try {
      const page = await this.#pages.read(`http://${this.address}${metricsPath(families)}`);
      const metrics = parseEnvoyMetrics(page.linesOf(target.service), target);
      for (const family of families) {
        ledgers[family].add(this.#increments(family, metrics));
        this.#stood.set(family, metrics[family]);
      }
      this.#state = { read: true, why: '' };
    } catch (error) {
      this.#state = { read: false, why: (error as Error).message };
    }
  }

  #increments(family: Family, metrics: EnvoyMetrics): Increments {
    if (family === 'requests') return this.#requests.follow(metrics.requests, metrics.classes);
    return incrementsBetween(this.#stood.get(family), metrics[family]);
  }
}
