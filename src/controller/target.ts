import { versionsOf } from '../core/placeholders.js';
import type { Plan } from '../core/plan.js';
import type { Target } from '../ports.js';

/** Whom the signals of a plan measure while its subsets play these roles in a rollout. */
export function targetOf(plan: Plan, { stable, canary }: Pick<Target, 'stable' | 'canary'>, rollout: string): Target {
  const { service, namespace, partition, datacenter, datacenters, callers, subsets, metrics } = plan;
  const where = Object.fromEntries(
    Object.entries({ namespace, partition, datacenter, datacenters, metrics }).filter(([, value]) => value !== undefined),
  );
  return { service, ...where, stable, canary, callers, rollout, versions: versionsOf(subsets) };
}
