import { checkMetrics } from './check-metrics.js';
import { checkNotify } from './check-notify.js';
import { checkPrograms, checkRoute } from './check-programs.js';
import { checkSchedule } from './check-schedule.js';
import { checkSignals } from './check-signals.js';
import { checkSteps } from './check-steps.js';
import { checkSubsets } from './check-subsets.js';
import { checkWaves } from './check-waves.js';
import type { Problem } from './problem.js';
import type { PlanText } from './schema.js';

/** Everything that the values of a plan must mean together, beyond its shape. */
export function checkRules(plan: PlanText): readonly Problem[] {
  return [
    ...checkSubsets(plan),
    ...checkSteps(plan),
    ...checkRoute(plan),
    ...checkPrograms(plan),
    ...checkSignals(plan),
    ...checkMetrics(plan),
    ...checkNotify(plan),
    ...checkSchedule(plan),
    ...checkWaves(plan),
  ];
}
