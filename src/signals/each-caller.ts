import { sayCaller } from '../core/following.js';
import type { EnvoySignal } from '../core/plan.js';
import type { CallerCounts } from '../core/verdict.js';
import type { Target } from '../ports.js';
import { type PageNews, sumOf } from './caller-news.js';
import { measureEnvoy } from './envoy-measure.js';
import type { Family } from './envoy-metrics.js';
import type { EnvoyTarget } from './envoy-target.js';
import type { Increments } from './increments.js';
import { Trials } from './trials.js';

const NONE: Increments = new Map();

/** Measures the same signals of each caller by itself, as its own pages count it. */
export class CallerMeter {
  /** By signal, then by address. */
  readonly #trials = new Map<string, Map<string, Trials>>();

  /** What is new of each caller that has sent something, or learnt what became of it. Not of latency: a slow caller is slow to both versions. */
  measure(
    signal: EnvoySignal,
    target: Target,
    news: ReadonlyMap<string, readonly PageNews[]>,
    of: Pick<EnvoyTarget, 'isGrpc' | 'callerAt'>,
  ): readonly CallerCounts[] {
    if (signal.metric === 'latency') return [];
    return [...news].flatMap(([address, pages]) => {
      const caller = of.callerAt(address);
      if (caller === undefined) return [];
      const take = (family: Family): Increments => sumOf(pages.map(({ increments }) => increments.get(family) ?? NONE));
      const trials = this.#trialsOf(signal.name, address);
      const { measurement } = measureEnvoy(signal, target, { isGrpc: of.isGrpc, trials, take });
      if (measurement.kind !== 'counts' || measurement.canary.total + measurement.stable.total === 0) return [];
      const { canary, stable } = measurement;
      return [{ caller: sayCaller(caller), canary, stable }];
    });
  }

  #trialsOf(signal: string, address: string): Trials {
    const own = this.#trials.get(signal) ?? new Map<string, Trials>();
    this.#trials.set(signal, own);
    const known = own.get(address) ?? new Trials();
    own.set(address, known);
    return known;
  }
}

/** Pages by the caller that they are of. */
export function byAddress(news: readonly PageNews[]): ReadonlyMap<string, readonly PageNews[]> {
  const pages = new Map<string, PageNews[]>();
  for (const one of news) {
    const own = pages.get(one.address);
    if (own === undefined) pages.set(one.address, [one]);
    else own.push(one);
  }
  return pages;
}
