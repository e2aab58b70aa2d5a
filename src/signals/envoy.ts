import type { EnvoySignal } from '../core/plan.js';
import type { Reading } from '../core/verdict.js';
import type { Target, Traffic, TrafficSource } from '../ports.js';
import type { CatalogReader } from './catalog-reader.js';
import { envoyQuery, measureEnvoy } from './envoy-measure.js';
import type { Family } from './envoy-metrics.js';
import { EnvoyTarget, type Look } from './envoy-target.js';
import type { Increments } from './increments.js';
import { Pages } from './pages.js';
import { ProxyDirectory } from './proxy-directory.js';
import type { ScrapeLimits } from './scrape-budget.js';

/** Reads the callers' sidecars: errors, slow answers and who got how many requests, each consumer with its own base line. */
export class EnvoySource implements TrafficSource {
  readonly #catalog: CatalogReader;
  readonly #now: () => number;
  readonly #pages: Pages;
  readonly #directory: ProxyDirectory;
  readonly #targets = new Map<string, { readonly rollout: string | undefined; readonly target: EnvoyTarget }>();

  constructor(catalog: CatalogReader, now: () => number, limits?: ScrapeLimits) {
    this.#catalog = catalog;
    this.#now = now;
    this.#directory = new ProxyDirectory(catalog, now);
    this.#pages = new Pages(now, limits);
  }

  /** Reads all the given signals from one scrape; every one gives a reading at every call. */
  async read(signals: readonly EnvoySignal[], target: Target, abort: AbortSignal): Promise<readonly Reading[]> {
    if (signals.length === 0) return [];
    const known = this.#targetOf(target);
    const look = await known.look(
      signals.some(({ metric }) => metric === 'latency'),
      abort,
    );
    return signals.map((signal) => {
      const base = { signal: signal.name, at: look.at };
      const { isGrpc, ledgers } = known;
      if (look.trouble !== undefined)
        return { ...base, query: envoyQuery(signal, target, isGrpc), raw: '', measurement: look.trouble };
      const take = (family: Family): Increments => ledgers[family].take(`signal ${signal.name}`);
      const { query, raw, measurement } = measureEnvoy(signal, target, { isGrpc, take });
      const note = sayLimits(look);
      return { ...base, query: `${query} of ${sayCallers(look)}`, raw, measurement, ...(note === '' ? {} : { note }) };
    });
  }

  /** Requests per subset since the last call; undefined when no caller can be read. */
  async traffic(target: Target, abort: AbortSignal): Promise<Traffic | undefined> {
    const known = this.#targetOf(target);
    const { at, found, read, trouble } = await known.look(false, abort);
    if (trouble !== undefined) return undefined;
    const requests = { [target.stable]: 0, [target.canary]: 0, ...countRequests(known.ledgers.classes.take('traffic')) };
    return { at, requests, callers: { found, read } };
  }

  #targetOf(target: Target): EnvoyTarget {
    const { service, namespace, partition, datacenter, datacenters, callers, rollout } = target;
    const key = JSON.stringify([service, namespace, partition, datacenter, datacenters, callers]);
    const known = this.#targets.get(key);
    if (known !== undefined && known.rollout === rollout) return known.target;
    // Between two rollouts nobody looks: what happened then, and at the end of the one before, is base line for the next.
    const fresh = new EnvoyTarget(this.#catalog, this.#directory, target, this.#pages, this.#now);
    this.#targets.set(key, { rollout, target: fresh });
    return fresh;
  }
}

function countRequests(increments: Increments): Readonly<Record<string, number>> {
  return Object.fromEntries(
    [...increments].map(([subset, classes]) => [subset, [...classes.values()].reduce((sum, requests) => sum + requests, 0)]),
  );
}

function sayCallers({ found, read }: Look): string {
  const noun = found === 1 ? 'caller' : 'callers';
  return read === found ? `${found} ${noun}` : `${read} of ${found} ${noun}`;
}

/** What keeps the numbers from being those of this moment, or of one Envoy each; empty when nothing does. */
function sayLimits({ age, turns = [] }: Look): string {
  const late = age === undefined ? [] : [`a caller's numbers may be ${Math.ceil(age / 1_000)} s old`];
  const shared =
    turns.length === 0
      ? []
      : [
          `two Envoys answer by turns at ${turns.slice(0, 3).join(', ')}${turns.length > 3 ? ', …' : ''}: give each its own envoy_prometheus_bind_addr`,
        ];
  return [...late, ...shared].join('; ');
}
