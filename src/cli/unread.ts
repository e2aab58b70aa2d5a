import { type Readable, sayUnread } from '../core/instance-metrics.js';
import type { Plan } from '../core/plan.js';
import type { TrafficSource } from '../ports.js';
import { findInstanceProxies } from '../signals/instance-proxies.js';
import type { Context } from './context.js';
import { catalogOf } from './signals.js';

/** How long Consul and the sidecars may take to tell it, ms. */
const PATIENCE = 5_000;

/** How many serving instances of the plan's versions show their metrics; none where Consul does not tell. */
export async function readableInstances(context: Context, plan: Plan): Promise<Readable> {
  const [stable = '', canary = ''] = plan.subsets.map(({ name }) => name);
  const { service, namespace, partition, datacenter, subsets } = plan;
  const filters = Object.fromEntries(subsets.map(({ name, filter }) => [name, filter]));
  const where = Object.fromEntries(
    Object.entries({ namespace, partition, datacenter }).filter(([, value]) => value !== undefined),
  );
  const target = { service, ...where, stable, canary, filters };
  const found = await findInstanceProxies(catalogOf(context), target, AbortSignal.timeout(PATIENCE)).catch(() => []);
  return { found: found.length, read: found.filter(({ address }) => address !== undefined).length };
}

/** Says on stderr what a drive will not see, or only from the other side; nothing where every known caller can be read, or where nothing is counted. */
export async function tellUnread(context: Context, plan: Plan, signals: TrafficSource): Promise<void> {
  if (!plan.signals.some(({ source }) => source === 'envoy')) return;
  const { service, callers } = plan;
  const known = (await signals.traffic({ service, stable: '', canary: '', callers }, AbortSignal.timeout(PATIENCE)))?.callers;
  if (known !== undefined && known.read === known.found) return;
  const said = sayUnread(service, known, await readableInstances(context, plan));
  if (said !== undefined) context.io.err(`Warning: ${said}\n  -> splitter doctor ${service}   tells more\n`);
}
