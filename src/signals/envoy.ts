import { type Coverage, saySight } from '../core/coverage.js';
import type { EnvoySignal } from '../core/plan.js';
import type { CallerCounts, Measurement, Reading } from '../core/verdict.js';
import type { CallerTraffic, Target, Traffic, TrafficSource } from '../ports.js';
import { BothSidesMeter, isOfBothSides } from './both-sides.js';
import type { CatalogReader } from './catalog-reader.js';
import { byAddress, CallerMeter } from './each-caller.js';
import { envoyQuery, familiesOf } from './envoy-measure.js';
import { EnvoyTarget, type Look, type Searches } from './envoy-target.js';
import type { Increments } from './increments.js';
import { LookupBudget } from './lookup-budget.js';
import { Pages } from './pages.js';
import { ProxyDirectory } from './proxy-directory.js';
import type { ScrapeLimits } from './scrape-budget.js';

interface Known {
  readonly rollout: string | undefined;
  readonly target: EnvoyTarget;
  readonly meter: BothSidesMeter;
  readonly each: CallerMeter;
}

/** Reads the sidecars of callers and instances: errors, slow answers and who got how many requests, each consumer with its own base line. */
export class EnvoySource implements TrafficSource {
  readonly #catalog: CatalogReader;
  readonly #now: () => number;
  readonly #pages: Pages;
  readonly #searches: Searches;
  readonly #targets = new Map<string, Known>();

  constructor(catalog: CatalogReader, now: () => number, limits?: ScrapeLimits) {
    this.#catalog = catalog;
    this.#now = now;
    this.#searches = { directory: new ProxyDirectory(catalog, now), lookups: new LookupBudget(now) };
    this.#pages = new Pages(now, limits);
  }

  /** Reads all the given signals from one scrape; every one gives a reading at every call. */
  async read(signals: readonly EnvoySignal[], target: Target, abort: AbortSignal): Promise<readonly Reading[]> {
    if (signals.length === 0) return [];
    const { target: known, meter, each } = this.#targetOf(target);
    const look = await known.look(signals.flatMap(familiesOf), abort);
    const coverage = known.coverage(target.canary, 'overall');
    const sight = saySight(coverage, look);
    const news = byAddress(known.news.take('signals', look.at));
    return signals.map((signal) => {
      const base = { signal: signal.name, at: look.at };
      const { query, raw, measurement } = meter.measure(signal, target, known, look.at);
      const counts = isOfBothSides(signal);
      // Where no caller can be read the instances may tell enough.
      const answered =
        counts && [target.canary, target.stable].some((subset) => known.coverage(subset, 'overall').share !== null);
      if (look.trouble !== undefined && !answered)
        return { ...base, query: envoyQuery(signal, target, known.isGrpc), raw: '', measurement: look.trouble };
      const of = counts && coverage.share !== null ? ` and ${coverage.instances.read} instances of ${target.canary}` : '';
      const note = sayLimits(look);
      return {
        ...base,
        query: `${query} of ${sayCallers(look)}${of}`,
        raw,
        measurement: look.read > 1 ? withCallers(measurement, each.measure(signal, target, news, known)) : measurement,
        ...(counts && sight !== '' ? { sight } : {}),
        ...(note === '' ? {} : { note }),
      };
    });
  }

  /** Requests sent to each subset since the last call; undefined when no caller can be read. */
  async traffic(target: Target, abort: AbortSignal): Promise<Traffic | undefined> {
    const { target: known } = this.#targetOf(target);
    const { at, found, read, trouble } = await known.look([], abort);
    if (trouble !== undefined) return undefined;
    const { '': _past, ...split } = countRequests(known.ledgers.requests.take('traffic'));
    const requests = { [target.stable]: 0, [target.canary]: 0, ...split };
    const each = this.#traffics(known, at);
    return { at, requests, callers: { found, read }, ...(each.length === 0 ? {} : { each }) };
  }

  /** Of those callers whose requests all pass the splitter: no weight moves the others'. */
  #traffics(known: EnvoyTarget, at: number): readonly CallerTraffic[] {
    return known.news.take('traffic', at).flatMap((news) => {
      const caller = known.callerAt(news.address);
      const sent = news.increments.get('requests');
      if (caller === undefined || !caller.isSplit || caller.isTcp || sent === undefined) return [];
      const { name, id, node } = caller;
      return [{ name, id, node, from: news.from, at: news.at, requests: countRequests(sent) }];
    });
  }

  /** How much of each role's requests its callers counted lately, as of the last look; asks nobody. */
  coverage(target: Target): Readonly<Record<string, Coverage>> {
    const { target: known } = this.#targetOf(target);
    return Object.fromEntries([target.stable, target.canary].map((subset) => [subset, known.coverage(subset, 'lately')]));
  }

  #targetOf(target: Target): Known {
    const { service, namespace, partition, datacenter, datacenters, callers, rollout } = target;
    const key = JSON.stringify([service, namespace, partition, datacenter, datacenters, callers]);
    const known = this.#targets.get(key);
    if (known !== undefined && known.rollout === rollout) return known;
    // Between two rollouts nobody looks: what happened then, and at the end of the one before, is base line for the next.
    const fresh = {
      rollout,
      target: new EnvoyTarget(this.#catalog, this.#searches, target, this.#pages, this.#now),
      meter: new BothSidesMeter(),
      each: new CallerMeter(),
    };
    this.#targets.set(key, fresh);
    return fresh;
  }
}

/** One caller alone is the whole, and needs no word of its own. */
function withCallers(measurement: Measurement, callers: readonly CallerCounts[]): Measurement {
  return measurement.kind === 'counts' && callers.length > 0 ? { ...measurement, callers } : measurement;
}

function countRequests(increments: Increments): Readonly<Record<string, number>> {
  return Object.fromEntries([...increments].map(([subset, requests]) => [subset, requests.get('sent') ?? 0]));
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
