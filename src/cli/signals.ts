import { type Instances, serving } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { SignalSource, Target, TrafficSource } from '../ports.js';
import { runCommand } from '../programs/command.js';
import { environmentOf } from '../programs/environment.js';
import type { CatalogReader } from '../signals/catalog-reader.js';
import { createSignalSource, type SignalOptions } from '../signals/registry.js';
import type { Context } from './context.js';

/** The sources of evidence for one plan, reading Consul through the command's own client. */
export function createSignals(context: Context, plan: Plan): SignalSource & TrafficSource {
  return createSources(context, catalogOf(context), async ({ canary }, abort) => {
    const subset = plan.subsets.filter(({ name }) => name === canary);
    const { entry } = await context.mesh.readEntry('service-resolver', plan.service, { abort });
    return readyOf((await context.mesh.countInstances(plan.service, subset, entry, abort))[canary], canary);
  });
}

/** The sources of evidence for many rollouts at once: what several want to know is asked once. `instances` tells canary's from what is known. */
export function createSharedSignals(
  context: Context,
  instances: (target: Target) => Instances | undefined,
): SignalSource & TrafficSource {
  return createSources(context, catalogOf(context), async (target) => readyOf(instances(target), target.canary));
}

/** What was not counted must not look like nobody. */
function readyOf(instances: Instances | undefined, subset: string): number {
  if (instances === undefined) throw new Error(`nobody has counted ${subset} yet`);
  return serving(instances);
}

/** Consul's catalog as the command's own token sees it. */
export function catalogOf({ client }: Context): CatalogReader {
  return {
    get: async (path, query, abort) => {
      const call = { method: 'GET', path: path.replace(/^\/v1/, ''), what: 'finding the callers', query, abort } as const;
      const { body, filtered, blind } = await client.call(call);
      return { body, hidden: filtered || blind };
    },
  };
}

function createSources(
  { io, clock }: Context,
  catalog: CatalogReader,
  countReady: SignalOptions['countReady'],
): SignalSource & TrafficSource {
  return createSignalSource({
    catalog,
    countReady,
    env: io.env,
    runProgram: (command, variables, timeout, abort) => runCommand({ command, timeout }, environmentOf(io.env, variables), abort),
    now: () => clock.now(),
  });
}
