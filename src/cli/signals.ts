import type { Plan } from '../core/plan.js';
import type { SignalSource, Target, TrafficSource } from '../ports.js';
import { runCommand } from '../programs/command.js';
import { environmentOf } from '../programs/environment.js';
import type { CatalogReader } from '../signals/catalog-reader.js';
import { createSignalSource, type SignalOptions } from '../signals/registry.js';
import { SCRAPE_LIMITS, type ScrapeLimits } from '../signals/scrape-budget.js';
import type { Context } from './context.js';

/** The sources of evidence for one plan, reading Consul through the command's own client. */
export function createSignals(context: Context, plan: Plan): SignalSource & TrafficSource {
  return createSources(context, catalogOf(context), async ({ canary }, abort) => {
    const subset = plan.subsets.filter(({ name }) => name === canary);
    return (await context.mesh.countInstances(plan.service, subset, abort))[canary]?.passing ?? 0;
  });
}

/** The sources of evidence for many rollouts at once: what several want to know is asked once, within the limits. `passing` counts canary's instances from what is known. */
export function createSharedSignals(
  context: Context,
  passing: (target: Target) => number | undefined,
  scrape: ScrapeLimits,
): SignalSource & TrafficSource {
  return createSources(context, catalogOf(context), async (target) => passing(target) ?? 0, scrape);
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
  countPassing: SignalOptions['countPassing'],
  scrape: ScrapeLimits = SCRAPE_LIMITS,
): SignalSource & TrafficSource {
  return createSignalSource({
    catalog,
    countPassing,
    scrape,
    env: io.env,
    runProgram: (command, variables, timeout, abort) => runCommand({ command, timeout }, environmentOf(io.env, variables), abort),
    now: () => clock.now(),
  });
}
