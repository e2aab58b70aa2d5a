import { weightOf } from '../core/legs.js';
import type { Plan } from '../core/plan.js';
import { isComparing, isProbe, isScalar, type ScalarSignal } from '../core/scalar-signal.js';
import type { Timeline } from '../core/timeline.js';
import { alphaShare } from './alpha.js';
import { PERSON } from './expose.js';
import { limitsOf } from './limits.js';
import { formatShare } from './text.js';

/** Why the odds of a signal are not simulated, with a formula where there is a simple one. */
export interface UnknownOdds {
  readonly name: string;
  readonly why: string;
}

/** The signals whose readings no simulation can know, dry runs left out, over the time in which canary has traffic. */
export function unknownOdds(plan: Plan, canary: string, line: Timeline): readonly UnknownOdds[] {
  const first = line.writes.find(({ legs }) => weightOf(legs, canary) > 0)?.at ?? line.earliest;
  const watched = line.earliest + line.people * PERSON - first;
  const binding = plan.signals.filter(isScalar).filter(({ dryRun }) => dryRun !== true);
  return binding.map((signal) => ({ name: signal.name, why: `depends on ${subjectOf(signal)}${oddsOf(signal, plan, watched)}` }));
}

function oddsOf(signal: ScalarSignal, plan: Plan, watched: number): string {
  if (isComparing(signal)) {
    const promise = formatShare(alphaShare(signal, plan.signals));
    return `; its test promises at most ${promise} while canary is worse in no more than every second measurement`;
  }
  const { failureLimit, consecutive } = limitsOf(signal);
  if (signal.source === 'consul' || consecutive !== undefined)
    return `; fails by ${consecutive} misses in a row, for which no formula is simple`;
  const count = Math.max(1, Math.floor(watched / Math.max(1, signal.interval)));
  const formula = failureLimit === 0 ? `1 - (1 - q)^${count}` : `P(Binomial(${count}, q) > ${failureLimit})`;
  return `: ${formula}, where each reading misses by chance q`;
}

function subjectOf(signal: ScalarSignal): string {
  switch (signal.source) {
    case 'http':
      return isProbe(signal) ? 'its probe' : 'its answers';
    case 'exec':
      return 'its program';
    case 'consul':
      return 'its instances';
    default:
      return 'its query';
  }
}
