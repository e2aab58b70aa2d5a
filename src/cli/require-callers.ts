import { ConsulError, sayLacking } from '../consul/errors.js';
import type { Plan } from '../core/plan.js';
import { readProxies } from '../signals/proxies.js';
import type { Context } from './context.js';
import { catalogOf } from './signals.js';

/** How long the search for callers may take, ms. */
const PATIENCE = 30_000;

/** Ends with exit 7 when the plan counts on callers, none is seen, and ACLs hide a part of the catalog: what is hidden must not pass for a service that nobody calls. */
export async function requireCallers(context: Context, plan: Plan): Promise<void> {
  if (!plan.signals.some(({ source }) => source === 'envoy')) return;
  const proxies = await readProxies(catalogOf(context), plan, AbortSignal.timeout(PATIENCE));
  const { service } = plan;
  const { tokenFrom } = context.client.settings;
  if (!proxies.hidden || proxies.callersOf(plan).length > 0) return;
  throw new ConsulError(
    'denied',
    `no caller of ${service} is seen, and ACLs hide a part of the catalog from this token: it lacks permission 'service:read' on the sidecars that call ${service}, or 'node:read' on their nodes (token from ${tokenFrom}). Nothing was written`,
    `${sayLacking(['service_prefix "" { policy = "read" }, or the same for each caller'], tokenFrom)};   splitter ramp ${service} --signal none …   does without their counts`,
    true,
  );
}
