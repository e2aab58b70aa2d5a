import { ConsulError } from '../consul/errors.js';
import { DEFAULT_SIGNALS } from '../core/default-signals.js';
import type { Plan } from '../core/plan.js';
import type { Check } from '../core/preflight.js';
import type { Traffic } from '../ports.js';
import type { Context } from './context.js';
import { requireCallers } from './require-callers.js';

/** Whether the sidecars of the service's callers can be read, by what they just told; and whether it is ACLs that hide them. */
export async function checkCallers(context: Context, plan: Plan, traffic: Traffic | undefined): Promise<Check> {
  const name = 'callers';
  if (traffic !== undefined) {
    const { read, found } = traffic.callers;
    return { name, verdict: read < found ? 'warning' : 'ok', message: `${read} of ${found} callers' sidecars can be read` };
  }
  try {
    await requireCallers(context, { ...plan, signals: DEFAULT_SIGNALS });
  } catch (error) {
    if (error instanceof ConsulError) return { name, verdict: 'failed', message: error.message, hint: error.hint };
    throw error;
  }
  return {
    name,
    verdict: 'warning',
    message: `no caller's sidecar of ${plan.service} can be read: weights cannot be observed, envoy signals have no data`,
    hint: 'set envoy_prometheus_bind_addr in proxy-defaults or in the proxy, then restart the sidecars',
  };
}
