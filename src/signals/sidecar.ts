import type { Agent } from 'node:http';
import type { ServiceRef } from '../core/plan.js';
import { metricsPath, parseEnvoyMetrics, type Snapshot } from './envoy-metrics.js';
import { incrementsBetween } from './increments.js';
import type { Ledger } from './ledger.js';
import { scrape } from './scrape.js';

/** The totals of one service that all its callers' sidecars add to. */
export interface Ledgers {
  readonly classes: Ledger;
  readonly latency: Ledger;
}

/** One caller's metrics page, and where its counters stood when it was read last. */
export class Sidecar {
  readonly address: string;
  readonly #agent: Agent;
  #classes: Snapshot | undefined;
  #latency: Snapshot | undefined;
  #state: { readonly read: boolean; readonly why: string } | undefined;
  #underWay: Promise<void> | undefined;

  constructor(address: string, agent: Agent) {
    this.address = address;
    this.#agent = agent;
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
  look(target: ServiceRef, ledgers: Ledgers, withLatency: boolean): Promise<void> {
    this.#underWay ??= this.#look(target, ledgers, withLatency).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #look(target: ServiceRef, ledgers: Ledgers, withLatency: boolean): Promise<void> {
    try {
      const text = await scrape(`http://${this.address}${metricsPath(withLatency)}`, this.#agent);
      const { classes, latency } = parseEnvoyMetrics(text, target);
      ledgers.classes.add(incrementsBetween(this.#classes, classes));
      this.#classes = classes;
      if (withLatency) {
        ledgers.latency.add(incrementsBetween(this.#latency, latency));
        this.#latency = latency;
      }
      this.#state = { read: true, why: '' };
    } catch (error) {
      this.#state = { read: false, why: (error as Error).message };
    }
  }
}
