import { isReserving } from './auto.js';
import { effectiveProtocol, needsProtocol, weightedConflicts } from './base.js';
import { foreignOwner, protocolOf } from './entries.js';
import { isRecord } from './is-record.js';
import { formatLegs } from './legs.js';
import { type Observation, serving } from './observation.js';
import type { Plan } from './plan.js';
import { isRefusal, type Roles, type RolesRefusal } from './roles.js';
import { describeMatch, foreignTwin, ownMatches, wantedMatches } from './route.js';
import { whyClosed } from './schedule/closed.js';
import { foreignCookie } from './sticky.js';

/** One thing that was checked before a rollout: its verdict, a sentence, and what to type when it is not fine. */
export interface Check {
  readonly name: string;
  readonly verdict: 'ok' | 'warning' | 'failed';
  readonly message: string;
  readonly hint?: string;
}

const SPLITTABLE = ['http', 'http2', 'grpc'];

/** Every check that needs no more than the observation, in the order in which a person would make them. With `now`, whether a rollout may advance is one. */
export function preflight(plan: Plan, seen: Observation, roles: Roles | RolesRefusal, now?: number): readonly Check[] {
  const checks = [
    ...(now === undefined ? [] : [checkOpen(plan, seen, now)]),
    checkOwners(plan, seen),
    checkProtocol(plan, seen),
    ...checkShadow(plan, seen),
    ...checkTimeout(plan, seen),
    ...checkFilters(plan, seen),
    ...checkRoute(plan, seen, roles),
  ];
  if (isRefusal(roles)) return [...checks, { name: 'roles', verdict: 'failed', message: roles.message, hint: roles.hint }];
  return [
    ...checks,
    checkRoles(roles),
    ...checkPicks(seen, roles),
    checkStable(plan, seen, roles),
    checkCanary(plan, seen, roles),
  ];
}

function checkRoles({ stable, canary, told, legs }: Roles): Check {
  const elsewhere = legs.filter(({ service, weight }) => service !== undefined && weight > 0);
  const kept = elsewhere.length === 0 ? '' : `; ${formatLegs(elsewhere)} stays as it is`;
  const message = `${told?.why ?? `${stable} is stable`}; ${canary} is canary${kept}`;
  if (told?.overrules === undefined) return { name: 'roles', verdict: 'ok', message };
  return {
    name: 'roles',
    verdict: 'warning',
    message: `${told.overrules}; ${canary} is canary${kept}`,
    hint: `stable: ${stable} in the plan says the same as the mesh`,
  };
}

/** Two subsets that pick the same instances, wholly or in part: what canary shows would be stable's as well. */
function checkPicks({ picks }: Observation, { stable, canary }: Roles): readonly Check[] {
  const [mine, theirs] = [picks?.[canary] ?? [], picks?.[stable] ?? []];
  const shared = mine.filter((instance) => theirs.includes(instance));
  const [first] = shared;
  if (first === undefined) return [];
  const all =
    shared.length === mine.length ? `every instance of ${canary}` : `${shared.length} of ${mine.length} instances of ${canary}`;
  return [
    {
      name: 'subsets',
      verdict: 'failed',
      message: `${all} (${first}${shared.length > 1 ? ', …' : ''}) ${shared.length === 1 && mine.length > 1 ? 'is' : 'are'} picked by ${stable} too: the version would be tried against itself`,
      hint: `change the filters of ${stable} and ${canary} so that no instance is in both: splitter subsets shows who is where`,
    },
  ];
}

function checkOpen(plan: Plan, seen: Observation, now: number): Check {
  const closed = whyClosed(plan.schedule, seen.freeze, now);
  if (closed === undefined) return { name: 'freeze', verdict: 'ok', message: 'no freeze and no closed window holds it' };
  return {
    name: 'freeze',
    verdict: 'failed',
    message: `${plan.service} is ${closed.reason === 'PlanFreeze' ? `held: ${closed.message}` : closed.message}`,
    hint: `${closed.until === undefined ? '' : 'type this again then, or '}${closed.reason === 'Frozen' ? 'splitter freeze off' : 'change schedule in the plan'}`,
  };
}

function checkOwners(plan: Plan, seen: Observation): Check {
  // The resolver is written at the promotion at the latest; what is only read may belong to anybody.
  const written = [
    ...(needsProtocol(plan, seen) ? [seen.defaults] : []),
    seen.resolver,
    seen.splitter,
    ...(plan.route === undefined ? [] : [seen.router]),
  ];
  const owned = written.map((stored) => ({ stored, owner: foreignOwner(stored) })).find(({ owner }) => owner !== undefined);
  if (owned === undefined) return { name: 'owner', verdict: 'ok', message: 'nobody else owns the entries that are written' };
  const entry = `${String(owned.stored?.entry.Kind)}/${plan.service}`;
  return {
    name: 'owner',
    verdict: 'failed',
    message: `${entry} belongs to ${owned.owner} (external-source), which would write over what splitter writes`,
    hint:
      owned.owner === 'kubernetes'
        ? `remove its custom resource from the cluster, then delete external-source from the entry's Meta`
        : `delete external-source from the Meta of ${entry} if nothing writes it any more`,
  };
}

function checkProtocol(plan: Plan, seen: Observation): Check {
  const effective = effectiveProtocol(seen);
  const own = protocolOf(seen.defaults?.entry);
  if (plan.protocol === undefined || plan.protocol === effective) {
    if (SPLITTABLE.includes(effective))
      return { name: 'protocol', verdict: 'ok', message: `the mesh speaks ${effective} to ${plan.service}` };
    return {
      name: 'protocol',
      verdict: 'failed',
      message: `the mesh speaks ${effective} to ${plan.service}; Consul can split http, http2 and grpc only`,
      hint: `if it speaks HTTP, say so: protocol: http in the plan, or --protocol http (its connections are re-made once)`,
    };
  }
  if (own !== undefined && own !== plan.protocol) {
    return {
      name: 'protocol',
      verdict: 'failed',
      message: `service-defaults/${plan.service} says ${own}, the plan says ${plan.protocol}; splitter does not change a protocol that somebody chose`,
      hint: `change one of them by hand`,
    };
  }
  return {
    name: 'protocol',
    verdict: 'warning',
    message: `the protocol changes from ${effective} to ${plan.protocol}: open connections to ${plan.service} are re-made once`,
  };
}

function checkShadow(plan: Plan, seen: Observation): readonly Check[] {
  const redirect = isRecord(seen.resolver?.entry.Redirect) ? seen.resolver.entry.Redirect : undefined;
  if (redirect !== undefined && Object.values(redirect).some((value) => value !== '' && value !== undefined)) {
    const where = String(redirect.Service ?? redirect.Datacenter ?? 'elsewhere');
    return [
      {
        name: 'shadow',
        verdict: 'failed',
        message: `service-resolver/${plan.service} redirects to ${where}: no splitter of ${plan.service} would be used`,
        hint: `remove Redirect from the resolver, or ramp ${where}`,
      },
    ];
  }
  if (seen.router === undefined) return [{ name: 'shadow', verdict: 'ok', message: 'nothing stands above the splitter' }];
  const routes = Array.isArray(seen.router.entry.Routes) ? seen.router.entry.Routes.filter(isRecord) : [];
  const own = ownMatches(seen.router).map(({ subset }) => subset);
  const past = routes.filter(
    (route) =>
      isRecord(route.Destination) &&
      ((route.Destination.ServiceSubset && !own.includes(String(route.Destination.ServiceSubset))) ||
        (route.Destination.Service && route.Destination.Service !== plan.service)),
  );
  if (past.length === 0)
    return [{ name: 'shadow', verdict: 'ok', message: `service-router/${plan.service} leads to the splitter` }];
  return [
    {
      name: 'shadow',
      verdict: 'warning',
      message: `${past.length} of ${routes.length} routes of service-router/${plan.service} go past the splitter: that traffic is not ramped`,
      hint: `consul config read -kind service-router -name ${plan.service}`,
    },
  ];
}

function checkTimeout(plan: Plan, seen: Observation): readonly Check[] {
  const timeout = seen.resolver?.entry.RequestTimeout;
  if (timeout === undefined || timeout === '' || timeout === '0s' || timeout === 0 || seen.router !== undefined) return [];
  return [
    {
      name: 'timeout',
      verdict: 'warning',
      message: `RequestTimeout ${String(timeout)} of service-resolver/${plan.service} is ignored behind a splitter: Envoy's 15s apply`,
      hint: 'set RequestTimeout in a service-router instead',
    },
  ];
}

function checkFilters(plan: Plan, seen: Observation): readonly Check[] {
  return weightedConflicts(plan, seen).map(({ subset, filter, carries }) => ({
    name: 'subsets',
    verdict: 'failed',
    message: `${subset.name} carries ${carries} as ${filter || 'every instance'}; the plan makes it ${subset.filter}, which would move those users at once`,
    hint: `give the new version to the subset that carries nothing`,
  }));
}

function checkRoute(plan: Plan, seen: Observation, roles: Roles | RolesRefusal): readonly Check[] {
  if (plan.route === undefined || isRefusal(roles)) return [];
  const twin = foreignTwin(seen.router, wantedMatches(plan, { ...roles, id: '', asked: roles.legs }));
  if (twin !== undefined)
    return [
      {
        name: 'route',
        verdict: 'failed',
        message: `service-router/${plan.service} has a route for ${describeMatch(twin)} already, which is not of splitter`,
        hint: 'name another header or cookie under route in the plan, or remove that route',
      },
    ];
  const cookie = plan.route.sticky === undefined ? undefined : foreignCookie(seen.splitter?.entry, plan.service);
  if (cookie !== undefined)
    return [
      {
        name: 'route',
        verdict: 'failed',
        message: `a leg of service-splitter/${plan.service} sets a cookie of its own (${cookie}), and Consul keeps one a leg only`,
        hint: 'leave route.sticky out of the plan, or let the service itself set that cookie',
      },
    ];
  return [{ name: 'route', verdict: 'ok', message: 'the routes for testers and sticky users are free to be made' }];
}

function checkStable(plan: Plan, seen: Observation, { stable }: Roles): Check {
  const count = serving(seen.instances[stable]);
  if (count > 0) return { name: 'stable', verdict: 'ok', message: `${stable} has ${count} instances to go back to` };
  return {
    name: 'stable',
    verdict: 'failed',
    message: `${stable} (stable) has no passing sidecar: there would be nothing to go back to`,
    hint: `consul catalog nodes -service ${plan.service}   (a sidecar with Meta of its own does not inherit the service's version)`,
  };
}

function checkCanary(plan: Plan, seen: Observation, { canary }: Roles): Check {
  const count = serving(seen.instances[canary]);
  if (count > 0) return { name: 'canary', verdict: 'ok', message: `${canary} has ${count} instances ready` };
  const deploys = plan.steps.findIndex((step) => step.kind === 'run' && step.deploys === true);
  if (deploys !== -1)
    return { name: 'canary', verdict: 'ok', message: `${canary} has no instance yet: step ${deploys + 1} deploys it` };
  if (isReserving(plan))
    return {
      name: 'canary',
      verdict: 'warning',
      message: `${canary} is kept free for the next version: nothing runs but stable's`,
      hint: 'deploy the new version with Meta { version = "…" }',
    };
  const filter = plan.subsets.find((subset) => subset.name === canary)?.filter ?? '';
  return {
    name: 'canary',
    verdict: 'warning',
    message: `${canary} has no passing sidecar yet (${filter})`,
    hint: `deploy it; a sidecar with Meta of its own does not inherit the service's version`,
  };
}
