import { FRESH_RECKONING, type Reckoning, reckon } from '../core/coverage.js';
import type { EnvoySignal } from '../core/plan.js';
import type { Counts } from '../core/verdict.js';
import type { Target } from '../ports.js';
import { countAnswers, sayAnswers, takeAnswers } from './answers.js';
import { measureEnvoy } from './envoy-measure.js';
import type { Family } from './envoy-metrics.js';
import type { EnvoyTarget } from './envoy-target.js';
import type { Increments } from './increments.js';
import type { Measured } from './measured.js';

/** Whether instances tell of a signal what no caller does: how requests were answered, not what callers gave up nor how long they waited. */
export function isOfBothSides({ metric }: EnvoySignal): boolean {
  return metric === 'errors';
}

/** Measures a signal by what callers counted and, where it counts answers, by what the instances answered beyond that; keeps what was told of each subset. */
export class BothSidesMeter {
  readonly #reckonings = new Map<string, Reckoning>();

  /** What is new by both sides; `at` is when the callers were read. */
  measure(signal: EnvoySignal, target: Target, known: EnvoyTarget, at: number): Measured {
    const consumer = `signal ${signal.name}`;
    const { isGrpc, ledgers } = known;
    const trials = known.trialsOf(signal.name);
    const callers = { isGrpc, trials, take: (family: Family): Increments => ledgers[family].take(consumer) };
    if (!isOfBothSides(signal)) return measureEnvoy(signal, target, callers);
    const answers = takeAnswers(isGrpc, (side) => known.instances.take(consumer, side, at));
    const retried = ledgers.retried.take(consumer);
    let unseen = false;
    // Requests under way are no answers yet: they must not hide what only the instances answered.
    const beyond = (subset: string, answered: Counts): Counts => {
      const instances = countAnswers(answers, subset);
      const news = this.#reckon(`${consumer} ${subset}`, answered, retriedOf(retried, subset, isGrpc), instances);
      unseen ||= news.total > answered.total;
      return { bad: news.bad - answered.bad, total: news.total - answered.total };
    };
    const measured = measureEnvoy(signal, target, { ...callers, beyond });
    if (!unseen) return measured;
    const raw = `${sayAnswers(answers, target.canary)}; ${sayAnswers(answers, target.stable)}`;
    return { ...measured, raw: `${measured.raw}; by the instances: ${raw}` };
  }

  #reckon(key: string, callers: Counts, retried: Counts, instances: Counts): Counts {
    const { next, news } = reckon(this.#reckonings.get(key) ?? FRESH_RECKONING, { callers, retried, instances });
    this.#reckonings.set(key, next);
    return news;
  }
}

/** Of a gRPC attempt that was made again only its HTTP class is counted, which says nothing of its status: it may have been a failure. */
function retriedOf(retried: Increments, subset: string, isGrpc: boolean): Counts {
  const classes = retried.get(subset);
  const total = [...(classes?.values() ?? [])].reduce((sum, attempts) => sum + attempts, 0);
  return { bad: isGrpc ? total : (classes?.get('5') ?? 0), total };
}
