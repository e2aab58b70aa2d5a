import { checkRoutesReach } from '../core/entrance-checks.js';
import type { Called } from '../core/entrances.js';
import type { Plan, ServiceRef } from '../core/plan.js';
import type { Check } from '../core/preflight.js';
import { given } from '../plan/given.js';
import { type EntranceList, EntranceReader } from '../signals/entrance-reader.js';
import type { Context } from './context.js';
import { describeCheck } from './drive-service.js';
import { CommandError } from './exit.js';
import { catalogOf } from './signals.js';

/** Everybody who reaches the service, as the command's own token sees it, each looked at once. Throws what Consul said where they cannot be found. */
export function readEntrances(
  context: Context,
  plan: ServiceRef & Partial<Pick<Called, 'callers' | 'metrics'>>,
): Promise<EntranceList> {
  const { service, namespace, partition, datacenter, callers = [], metrics } = plan;
  const scope = { ...given('namespace', namespace), ...given('partition', partition), ...given('datacenter', datacenter) };
  return new EntranceReader(catalogOf(context), () => context.clock.now()).read({
    service,
    ...scope,
    callers,
    ...given('metrics', metrics),
  });
}

/** Whether a plan's routes for testers and sticky users reach those who call; asks nobody where it has none. */
export async function checkRoutes(context: Context, plan: Plan): Promise<readonly Check[]> {
  return plan.route === undefined ? [] : checkRoutesReach(plan, (await readEntrances(context, plan)).rows);
}

/** Warns of entrances that a plan's routes do not reach; refuses routes that reach none. */
export async function requireRoutes(context: Context, plan: Plan): Promise<void> {
  for (const check of await checkRoutes(context, plan)) {
    if (check.verdict === 'failed')
      throw new CommandError(
        `${check.message} [${check.name}]. Nothing was written`,
        check.hint ?? `splitter doctor ${plan.service}`,
      );
    context.io.err(describeCheck(check));
  }
}
