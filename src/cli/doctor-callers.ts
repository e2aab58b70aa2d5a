import { ConsulError } from '../consul/errors.js';
import { DEFAULT_SIGNALS } from '../core/default-signals.js';
import { checkEntrances, checkFollowing, checkRoutesReach } from '../core/entrance-checks.js';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { Check } from '../core/preflight.js';
import type { Context } from './context.js';
import { readEntrances } from './entrances.js';
import { requireCallers } from './require-callers.js';
import { readFollowing } from './scene.js';

/** Who reaches the service, whether each can be read, and what weights and routes do not reach; or that it is ACLs that hide them. */
export async function checkCallers(context: Context, plan: Plan, seen: Observation): Promise<readonly Check[]> {
  try {
    const known = await readEntrances(context, plan);
    if (known.rows.length === 0) await requireCallers(context, { ...plan, signals: DEFAULT_SIGNALS });
    const following = seen.splitter === undefined ? [] : await readFollowing(context, plan.service);
    return [
      ...checkEntrances(plan.service, known, seen),
      ...checkFollowing(plan.service, following),
      ...checkRoutesReach(plan, known.rows),
    ];
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    return [{ name: 'callers', verdict: 'failed', message: error.message, hint: error.hint }];
  }
}
