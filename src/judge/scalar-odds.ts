import { weightOf } from '../core/legs.js';
import type { Plan } from '../core/plan.js';
import type { Timeline } from '../core/timeline.js';
import { PERSON } from './expose.js';
import { isScalar, limitsOf } from './limits.js';

/** Why the odds of a signal are not simulated, with a formula where there is a simple one. */
export interface UnknownOdds {
  readonly name: string;
  readonly why: string;
}

/** The signals whose readings no simulation can know, over the time in which canary has traffic. */
export function unknownOdds(plan: Plan, canary: string, line: Timeline): readonly UnknownOdds[] {
  const first = line.writes.find(({ legs }) => weightOf(legs, canary) > 0)?.at ?? line.earliest;
  const watched = line.earliest + line.people * PERSON - first;
  return plan.signals.filter(isScalar).map((signal) => {
    const { failureLimit, consecutive } = limitsOf(signal);
    const subject = signal.source === 'prometheus' ? 'its query' : signal.source === 'http' ? 'its probe' : 'its instances';
    const depends = `depends on ${subject}`;
    if (signal.source === 'consul' || consecutive !== undefined)
      return { name: signal.name, why: `${depends}; fails by ${consecutive} misses in a row, for which no formula is simple` };
    const count = Math.max(1, Math.floor(watched / Math.max(1, signal.interval)));
    const formula = failureLimit === 0 ? `1 - (1 - q)^${count}` : `P(Binomial(${count}, q) > ${failureLimit})`;
    return { name: signal.name, why: `${depends}: ${formula}, where each reading misses by chance q` };
  });
}
