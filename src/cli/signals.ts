import { countEverywhere } from '../controller/count-instances.js';
import { type Instances, serving } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { given } from '../plan/given.js';
import type { SignalSource, Target, TrafficSource } from '../ports.js';
import { runCommand } from '../programs/command.js';
import { environmentOf } from '../programs/environment.js';
import type { CatalogReader } from '../signals/catalog-reader.js';
import { readEverywhere } from '../signals/everywhere.js';
import { createSignalSource, type SignalOptions } from '../signals/registry.js';
import { SCRAPE_LIMITS, type ScrapeLimits } from '../signals/scrape-budget.js';
import type { Context } from './context.js';

/** The sources of evidence for one plan, reading Consul through the command's own client. */
export function createSignals(context: Context, plan: Plan): SignalSource & TrafficSource {
  return createSources(context, catalogOf(context), async ({ canary }, abort) => {
    const subset = plan.subsets.filter(({ name }) => name === canary);
    const { entry } = await context.mesh.readEntry('service-resolver', plan.service, { abort });
    const { instances } = await countEverywhere(context.mesh, plan.service, subset, entry, plan.datacenters, abort);
    return readyOf(instances[canary], canary);
  });
}

/** The sources of evidence for many rollouts at once: what several want to know is asked once, within the limits. `instances` tells canary's from what is known. */
export function createSharedSignals(
  context: Context,
  instances: (target: Target) => Instances | undefined,
  scrape: ScrapeLimits,
): SignalSource & TrafficSource {
  return createSources(context, catalogOf(context), async (target) => readyOf(instances(target), target.canary), scrape);
}

/** What was not counted must not look like nobody. */
function readyOf(instances: Instances | undefined, subset: string): number {
  if (instances === undefined) throw new Error(`nobody has counted ${subset} yet`);
  return serving(instances);
}

/** Consul's catalog as the command's own token sees it, in every datacenter that shares the config entries. */
export function catalogOf({ client, mesh }: Context): CatalogReader {
  const get: CatalogReader['get'] = async (path, query, abort) => {
    const call = { method: 'GET', path: path.replace(/^\/v1/, ''), what: 'finding the callers', query, abort } as const;
    const { body, filtered, blind } = await client.call(call);
    return { body, hidden: filtered || blind };
  };
  return readEverywhere({ get }, () => alliesOf(mesh));
}

async function alliesOf(mesh: Context['mesh']): Promise<readonly string[]> {
  return (await mesh.readFederation()).others.flatMap(({ name, shares }) => (shares === true ? [name] : []));
}

/** Where several datacenters share the entries, what the callers of each that counts count is counted, whichever the plan names as its own; where none does, all callers are. */
function withAllies(sources: SignalSource & TrafficSource, mesh: Context['mesh']): SignalSource & TrafficSource {
  const everywhere = async (target: Target): Promise<Target> => {
    const { datacenter, datacenters, ...rest } = target;
    if (datacenter === undefined && datacenters === undefined) return target;
    const alone = (await alliesOf(mesh).catch(() => [])).length === 0;
    return alone ? { ...rest, ...given('datacenter', datacenter) } : { ...rest, ...given('datacenters', datacenters) };
  };
  return {
    read: async (signals, target, abort) => sources.read(signals, await everywhere(target), abort),
    traffic: async (target, abort) => sources.traffic(await everywhere(target), abort),
  };
}

function createSources(
  { io, clock, mesh }: Context,
  catalog: CatalogReader,
  countReady: SignalOptions['countReady'],
  scrape: ScrapeLimits = SCRAPE_LIMITS,
): SignalSource & TrafficSource {
  const sources = createSignalSource({
    catalog,
    countReady,
    scrape,
    env: io.env,
    runProgram: (command, variables, timeout, abort) => runCommand({ command, timeout }, environmentOf(io.env, variables), abort),
    now: () => clock.now(),
  });
  return withAllies(sources, mesh);
}
