import type { Plan } from '../core/plan.js';
import type { SignalSource, TrafficSource } from '../ports.js';
import { runCommand } from '../programs/command.js';
import { createSignalSource } from '../signals/registry.js';
import type { Context } from './context.js';

/** The sources of evidence for one plan, reading Consul through the command's own client. */
export function createSignals({ client, mesh, io, clock }: Context, plan: Plan): SignalSource & TrafficSource {
  return createSignalSource({
    catalog: {
      get: async (path, query, abort) =>
        (await client.call({ method: 'GET', path: path.replace(/^\/v1/, ''), what: 'finding the callers', query, abort })).body,
    },
    countPassing: async ({ canary }, abort) => {
      const subset = plan.subsets.filter(({ name }) => name === canary);
      return (await mesh.countInstances(plan.service, subset, abort))[canary]?.passing ?? 0;
    },
    env: io.env,
    runProgram: (command, variables, timeout, abort) => runCommand({ command, timeout }, { ...io.env, ...variables }, abort),
    now: () => clock.now(),
  });
}
