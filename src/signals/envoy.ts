import type { EnvoySignal } from '../core/plan.js';
import type { Reading } from '../core/verdict.js';
import type { Target, Traffic, TrafficSource } from '../ports.js';
import type { CatalogReader } from './catalog-reader.js';
import { envoyQuery, familiesOf, measureEnvoy } from './envoy-measure.js';
import type { Family } from './envoy-metrics.js';
import { EnvoyTarget, type Look } from './envoy-target.js';
import type { Increments } from './increments.js';
import { Pages } from './pages.js';
import { ProxyDirectory } from './proxy-directory.js';

/** Reads the callers' sidecars: errors, slow answers and who got how many requests, each consumer with its own base line. */
export class EnvoySource implements TrafficSource {
  readonly #catalog: CatalogReader;
  readonly #now: () => number;
  readonly #pages: Pages;
  readonly #directory: ProxyDirectory;
  readonly #targets = new Map<string, { readonly rollout: string | undefined; readonly target: EnvoyTarget }>();

  constructor(catalog: CatalogReader, now: () => number) {
    this.#catalog = catalog;
    this.#now = now;
    this.#directory = new ProxyDirectory(catalog, now);
    this.#pages = new Pages(now);
  }

  /** Reads all the given signals from one scrape; every one gives a reading at every call. */
  async read(signals: readonly EnvoySignal[], target: Target, abort: AbortSignal): Promise<readonly Reading[]> {
    if (signals.length === 0) return [];
    const known = this.#targetOf(target);
    const look = await known.look(signals.flatMap(familiesOf), abort);
    return signals.map((signal) => {
      const base = { signal: signal.name, at: look.at };
      const { isGrpc, ledgers } = known;
      if (look.trouble !== undefined)
        return { ...base, query: envoyQuery(signal, target, isGrpc), raw: '', measurement: look.trouble };
      const take = (family: Family): Increments => ledgers[family].take(`signal ${signal.name}`);
      const unseen = { isGrpc, take, trials: known.trialsOf(signal.name) };
      const { query, raw, measurement } = measureEnvoy(signal, target, unseen);
      return { ...base, query: `${query} of ${sayCallers(look)}`, raw, measurement };
    });
  }

  /** Requests sent to each subset since the last call; undefined when no caller can be read. */
  async traffic(target: Target, abort: AbortSignal): Promise<Traffic | undefined> {
    const known = this.#targetOf(target);
    const { at, found, read, trouble } = await known.look([], abort);
    if (trouble !== undefined) return undefined;
    const requests = { [target.stable]: 0, [target.canary]: 0, ...countRequests(known.ledgers.requests.take('traffic')) };
    return { at, requests, callers: { found, read } };
  }

  #targetOf(target: Target): EnvoyTarget {
    const { service, namespace, partition, datacenter, callers, rollout } = target;
    const key = JSON.stringify([service, namespace, partition, datacenter, callers]);
    const known = this.#targets.get(key);
    if (known !== undefined && known.rollout === rollout) return known.target;
    // Between two rollouts nobody looks: what happened then, and at the end of the one before, is base line for the next.
    const fresh = new EnvoyTarget(this.#catalog, this.#directory, target, this.#pages, this.#now);
    this.#targets.set(key, { rollout, target: fresh });
    return fresh;
  }
}

function countRequests(increments: Increments): Readonly<Record<string, number>> {
  return Object.fromEntries([...increments].map(([subset, requests]) => [subset, requests.get('sent') ?? 0]));
}

function sayCallers({ found, read }: Look): string {
  const noun = found === 1 ? 'caller' : 'callers';
  return read === found ? `${found} ${noun}` : `${read} of ${found} ${noun}`;
}
