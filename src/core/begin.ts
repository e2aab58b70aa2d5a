import { baseWrites, weightedConflicts } from './base.js';
import { type Decision, splitterWrite, wait } from './decision.js';
import type { Observation } from './observation.js';
import type { HookName, Plan } from './plan.js';
import { owedBy } from './programs.js';
import type { Roles } from './roles.js';
import type { Rollout } from './rollout.js';
import { routeWrite } from './route.js';

/** Sidecars need the new subsets before a splitter names them: creating both within 100 ms fails requests, a second apart none did. */
export const RESOLVER_SETTLES = 1_000;

const LOOK_AGAIN = 60_000;

/** Who begins a rollout, and under which names. */
export interface Beginning {
  readonly id: string;
  readonly plan: string;
  readonly driver: string;
  readonly by: string;
  /** The group whose run this is a part of. */
  readonly group?: string;
  /** Which site of a rollout in waves this is. */
  readonly wave?: string;
  /** A rehearsal, not a release. */
  readonly drill?: true;
  /** What the record is to say besides, as that checks were skipped. */
  readonly note?: string;
}

/** The next move before a rollout has a record: protocol, then subsets, then a pause, then the splitter with the first record. */
export function decideBeginning(plan: Plan, seen: Observation, roles: Roles, beginning: Beginning, now: number): Decision {
  // What an earlier rollout left of its routes would lead testers to the new version before anybody asked for it.
  const write = routeWrite(plan.service, seen, []) ?? baseWrites(plan, seen)[0];
  const conflict = write?.kind === 'service-resolver' ? weightedConflicts(plan, seen)[0] : undefined;
  if (conflict !== undefined) {
    const { subset, filter, carries } = conflict;
    const says = `service-resolver/${plan.service} says ${subset.name} is ${filter || 'every instance'} since a moment ago, and it carries ${carries}`;
    return wait(`${says}; the plan makes it ${subset.filter}. Waiting until they agree`, now + LOOK_AGAIN);
  }
  const moved = (seen.weightsSince ?? Number.NEGATIVE_INFINITY) + RESOLVER_SETTLES;
  if (write?.kind === 'service-resolver' && now < moved)
    return wait('giving the sidecars a second to take the last weights, before a subset changes', moved);
  if (write !== undefined) return { why: write.why, wakeAt: now, write };
  if (seen.splitter === undefined && now < seen.resolverSince + RESOLVER_SETTLES) {
    return wait('giving the sidecars a second to learn the subsets', seen.resolverSince + RESOLVER_SETTLES);
  }
  const next = beginRollout(roles, beginning, owedBy(plan), now);
  return { why: next.message, wakeAt: now, next, write: splitterWrite(seen, plan.service, next, true) };
}

/** The first record of a rollout: nothing has moved yet. */
export function beginRollout(roles: Roles, beginning: Beginning, owes: readonly HookName[], now: number): Rollout {
  return {
    id: beginning.id,
    ...(beginning.group === undefined ? {} : { group: beginning.group }),
    ...(beginning.wave === undefined ? {} : { wave: beginning.wave }),
    ...(beginning.drill === undefined ? {} : { drill: true }),
    seq: 1,
    stable: roles.stable,
    canary: roles.canary,
    plan: beginning.plan,
    driver: beginning.driver,
    by: beginning.by,
    startedAt: now,
    enteredAt: now,
    asked: roles.legs,
    state: { phase: 'Pending', reason: 'Starting', step: 0 },
    tally: '',
    owes,
    adopted: {},
    message: `${beginning.drill === undefined ? '' : 'drill '}started by ${beginning.by}: ${roles.stable} is stable, ${roles.canary} is canary${beginning.note === undefined ? '' : `; ${beginning.note}`}`,
  };
}
