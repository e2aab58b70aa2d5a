import type { Situation } from './decision.js';
import type { Plan } from './plan.js';
import type { ProgramCall } from './programs.js';
import { askedCanary, type Rollout } from './rollout.js';
import type { BasisPoints } from './weights.js';

type Point = ProgramCall['point'];

/** What a program is told of the rollout; weights in percent. */
export function variablesOf(
  { plan, rollout }: Situation,
  point: Point,
  step: number,
  to: BasisPoints,
): Readonly<Record<string, string>> {
  return { ...roleVariables(plan, rollout), ...positionVariables(rollout, point, step, plan.steps.length, to) };
}

/** What a program is told of the service and its two versions. */
export function roleVariables(
  plan: Plan,
  roles: { readonly stable: string; readonly canary: string },
): Readonly<Record<string, string>> {
  const version = (name: string): string => plan.subsets.find((subset) => subset.name === name)?.version ?? '';
  return {
    SPLITTER_SERVICE: plan.service,
    ...(plan.namespace === undefined ? {} : { SPLITTER_NAMESPACE: plan.namespace }),
    ...(plan.partition === undefined ? {} : { SPLITTER_PARTITION: plan.partition }),
    ...(plan.datacenter === undefined ? {} : { SPLITTER_DATACENTER: plan.datacenter }),
    SPLITTER_STABLE: roles.stable,
    SPLITTER_CANARY: roles.canary,
    SPLITTER_STABLE_VERSION: version(roles.stable),
    SPLITTER_CANARY_VERSION: version(roles.canary),
  };
}

function positionVariables(
  rollout: Rollout,
  point: Point,
  step: number,
  steps: number,
  to: BasisPoints,
): Readonly<Record<string, string>> {
  return {
    SPLITTER_POINT: point,
    SPLITTER_ROLLOUT: rollout.id,
    SPLITTER_PHASE: rollout.state.phase,
    SPLITTER_REASON: rollout.state.reason,
    SPLITTER_STEP: String(step + 1),
    SPLITTER_STEPS: String(steps),
    SPLITTER_WEIGHT: String(askedCanary(rollout) / 100),
    SPLITTER_NEXT_WEIGHT: String(to / 100),
    SPLITTER_BY: rollout.by,
    ...(rollout.drill === undefined ? {} : { SPLITTER_DRILL: 'yes' }),
    SPLITTER_MESSAGE: rollout.message,
  };
}
