import { isReserving } from './auto.js';
import { effectiveProtocol, needsProtocol, weightedConflicts } from './base.js';
import { countedSites, counts, noteLeftOut, strandedIn, unreadSites } from './datacenters.js';
import { foreignOwner, protocolOf } from './entries.js';
import { isRecord } from './is-record.js';
import { formatLegs } from './legs.js';
import { describeSkipped, type Instances, type Observation, serving } from './observation.js';
import type { Plan } from './plan.js';
import { isRefusal, type Roles, type RolesRefusal } from './roles.js';
import { describeMatch, foreignTwin, ownMatches, wantedMatches } from './route.js';
import { sayClosed, whyClosed } from './schedule/closed.js';
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
    ...checkPrimary(plan, seen),
  ];
  if (isRefusal(roles)) return [...checks, { name: 'roles', verdict: 'failed', message: roles.message, hint: roles.hint }];
  return [
    ...checks,
    checkRoles(roles),
    ...checkPicks(seen, roles),
    checkStable(plan, seen, roles),
    checkCanary(plan, seen, roles),
    ...checkDatacenters(plan, seen, roles),
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
    message: sayClosed(plan.service, closed),
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
        ? `remove its custom resource from the cluster, then delete external-source from the entry's Meta: consul config write`
        : `delete external-source from the Meta of ${entry} if nothing writes it any more: consul config write`,
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
      hint: `if it speaks HTTP, say so: protocol: http in the plan, --protocol http, or consul config write (its connections are re-made once)`,
    };
  }
  if (own !== undefined && own !== plan.protocol) {
    return {
      name: 'protocol',
      verdict: 'failed',
      message: `service-defaults/${plan.service} says ${own}, the plan says ${plan.protocol}; splitter does not change a protocol that somebody chose`,
      hint: `change the plan, or the entry: consul config write`,
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
    const where = String(redirect.Service || redirect.Datacenter || 'elsewhere');
    return [
      {
        name: 'shadow',
        verdict: 'failed',
        message: `service-resolver/${plan.service} redirects to ${where}: no splitter of ${plan.service} would be used`,
        hint: `remove Redirect from the resolver, or ramp ${where}: consul config read -kind service-resolver -name ${plan.service};   consul config write`,
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
      hint: `consul config read -kind service-router -name ${plan.service}   shows them;   consul config write   or   consul config delete   mends it`,
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
      hint: 'set RequestTimeout in a service-router instead: consul config write',
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

/** Whether the entries are kept where splitter is: its log, its locks and its freeze are of one datacenter, and all who drive must see the same. */
function checkPrimary(plan: Plan, { datacenters }: Observation): readonly Check[] {
  if (datacenters === undefined || datacenters.home === datacenters.primary) return [];
  const { home, primary } = datacenters;
  return [
    {
      name: 'primary',
      verdict: 'failed',
      message: `${home} takes its config entries from ${primary}: ${plan.service} is ramped in ${primary}, for all datacenters`,
      hint: `set CONSUL_HTTP_ADDR (or -http-addr) to an agent of ${primary}`,
    },
  ];
}

function checkDatacenters(plan: Plan, seen: Observation, { stable, canary }: Roles): readonly Check[] {
  const known = seen.datacenters?.all.map(({ name }) => name);
  if (known === undefined) return [];
  const check = (verdict: Check['verdict'], message: string, hint?: string): readonly Check[] => [
    { name: 'datacenters', verdict, message, ...(hint === undefined ? {} : { hint }) },
  ];
  const unknown = (plan.datacenters ?? []).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    return check(
      'failed',
      `the plan counts ${unknown.join(' and ')}, and the entries of ${plan.service} are ${known.length === 1 ? `kept for ${known[0]} only` : `shared by ${known.join(', ')}`}`,
      'correct datacenters in the plan',
    );
  const spread = { plan, seen };
  const others = known.filter((name) => counts(plan.datacenters, name));
  const rest = (without: readonly string[]): string => {
    const kept = others.filter((name) => !without.includes(name));
    return kept.length === 0 ? '' : `, or leave it out: datacenters: [${kept.join(', ')}] in the plan`;
  };
  const unread = unreadSites(spread);
  if (unread.length > 0)
    return check(
      'failed',
      `what runs in ${unread[0]!.name} is not known: ${unread[0]!.unread}`,
      `consul members -wan${rest(unread.map(({ name }) => name))}`,
    );
  const total = serving(seen.instances[canary]);
  const stranded = total === 0 ? [] : strandedIn(spread, canary, stable);
  if (stranded.length > 0)
    return check(
      plan.steps.findIndex(({ kind }) => kind === 'run' || kind === 'wait') === 0 ? 'warning' : 'failed',
      `${canary} has no passing sidecar in ${stranded.join(' and ')}, where ${stable} has: its share of the users there would meet nobody`,
      `deploy ${canary} there${rest(stranded)}`,
    );
  const note = noteLeftOut(spread);
  const each = countedSites(spread).map(({ name, instances }) => `${serving(instances?.[canary])} in ${name}`);
  return check('ok', `${canary} has ${each.join(', ')}${note === undefined ? '' : `; ${note}`}`);
}

function checkStable(plan: Plan, seen: Observation, { stable }: Roles): Check {
  const instances = seen.instances[stable];
  const count = serving(instances);
  if (count > 0)
    return {
      name: 'stable',
      verdict: 'ok',
      message: `${stable} has ${count} instances to go back to${unsent(stable, instances)}`,
    };
  return {
    name: 'stable',
    verdict: 'failed',
    message: `${stable} (stable) has no passing sidecar: there would be nothing to go back to${unsent(stable, instances)}`,
    hint: `consul catalog nodes -service ${plan.service}   (a sidecar with Meta of its own does not inherit the service's version)`,
  };
}

function checkCanary(plan: Plan, seen: Observation, { canary }: Roles): Check {
  const instances = seen.instances[canary];
  const count = serving(instances);
  if (count > 0)
    return { name: 'canary', verdict: 'ok', message: `${canary} has ${count} instances ready${unsent(canary, instances)}` };
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
    message: `${canary} has no passing sidecar yet (${filter})${unsent(canary, instances)}`,
    hint: `deploy it; a sidecar with Meta of its own does not inherit the service's version`,
  };
}

function unsent(subset: string, instances: Instances | undefined): string {
  const said = instances === undefined ? undefined : describeSkipped(subset, instances);
  return said === undefined ? '' : `; ${said}`;
}
