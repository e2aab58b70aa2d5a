import { FRESH_RECKONING, type Reckoning, reckon } from '../core/coverage.js';
import type { EnvoySignal } from '../core/plan.js';
import type { Counts, Measurement } from '../core/verdict.js';
import type { Target } from '../ports.js';
import { measureEnvoy } from './envoy-measure.js';
import type { Family } from './envoy-metrics.js';
import type { EnvoyTarget } from './envoy-target.js';
import type { Increments } from './increments.js';
import type { Measured } from './measured.js';

type Sides = Extract<Measurement, { kind: 'counts' }>;

const NONE: Increments = new Map();
const NO_COUNTS: Counts = { bad: 0, total: 0 };

/** Measures a signal by what callers counted and, where it counts answers, by what the instances answered beyond that; keeps what was told of each subset. */
export class BothSidesMeter {
  readonly #reckonings = new Map<string, Reckoning>();

  /** What is new by both sides; `at` is when the callers were read. */
  measure(signal: EnvoySignal, target: Target, known: EnvoyTarget, at: number): Measured {
    const consumer = `signal ${signal.name}`;
    const { isGrpc, ledgers } = known;
    const callers = measureEnvoy(signal, target, { isGrpc, take: (family) => ledgers[family].take(consumer) });
    if (signal.metric === 'latency') return callers;
    const inbound = (family: Family): Increments =>
      family === 'classes' || family === 'statuses' ? known.instances.take(consumer, family, at) : NONE;
    const instances = measureEnvoy(signal, target, { isGrpc, take: inbound });
    const retried = ledgers.retried.take(consumer);
    const [seen, answered] = [countsIn(callers), countsIn(instances)];
    const news = (role: 'canary' | 'stable'): Counts =>
      this.#reckon(`${consumer} ${target[role]}`, seen[role], retriedOf(retried, target[role], isGrpc), answered[role]);
    const measurement: Sides = { kind: 'counts', canary: news('canary'), stable: news('stable') };
    const unseen = measurement.canary.total + measurement.stable.total > seen.canary.total + seen.stable.total;
    if (!unseen && callers.measurement.kind !== 'counts') return callers;
    return {
      query: callers.query,
      raw: unseen ? `${callers.raw}; by the instances: ${instances.raw}` : callers.raw,
      measurement,
    };
  }

  #reckon(key: string, callers: Counts, retried: Counts, instances: Counts): Counts {
    const { next, news } = reckon(this.#reckonings.get(key) ?? FRESH_RECKONING, { callers, retried, instances });
    this.#reckonings.set(key, next);
    return news;
  }
}

function countsIn({ measurement }: Measured): Pick<Sides, 'canary' | 'stable'> {
  return measurement.kind === 'counts' ? measurement : { canary: NO_COUNTS, stable: NO_COUNTS };
}

/** Of a gRPC attempt that was made again only its HTTP class is counted, which says nothing of its status: it may have been a failure. */
function retriedOf(retried: Increments, subset: string, isGrpc: boolean): Counts {
  const classes = retried.get(subset);
  const total = [...(classes?.values() ?? [])].reduce((sum, attempts) => sum + attempts, 0);
  return { bad: isGrpc ? total : (classes?.get('5') ?? 0), total };
}
