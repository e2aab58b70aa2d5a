import { metaOf } from '../core/entries.js';
import { groupIn, readRecord } from '../core/record.js';
import type { Context } from './context.js';

/** The last run of a group: its name, the id that its members' rollouts share, and the members in the group's order. */
export interface GroupRun {
  readonly name: string;
  readonly id: string;
  readonly services: readonly string[];
}

/** The last run of the group of this name, or of the group that the service of this name is a member of; undefined for a service on its own. */
export async function findRun(context: Context, name: string): Promise<GroupRun | undefined> {
  const { entry } = await context.mesh.readEntry('service-splitter', name);
  const own = entry === undefined ? undefined : groupIn(metaOf(entry.entry));
  if (entry !== undefined && own === undefined) return undefined;
  const group = own ?? name;
  const { entries } = await context.mesh.listEntries('service-splitter');
  const found = entries.flatMap(({ entry }) => {
    const rollout = groupIn(metaOf(entry)) === group ? readRecord(metaOf(entry)) : undefined;
    return rollout === undefined ? [] : [{ service: String(entry.Name), rollout }];
  });
  const id =
    found.find(({ service }) => service === name)?.rollout.id ??
    found
      .map(({ rollout }) => rollout.id)
      .sort()
      .at(-1);
  const [first, ...rest] = found.filter(({ rollout }) => rollout.id === id);
  if (id === undefined || first === undefined) return undefined;
  const order = await orderOf(context, first.service, id, first.rollout.plan);
  const services = [first, ...rest].map(({ service }) => service).sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return { name: group, id, services };
}

/** The order is in the plan alone; without it any order has to do. */
async function orderOf({ store }: Context, service: string, id: string, digest: string): Promise<readonly string[]> {
  const history = await store.readHistory(service, id).catch(() => undefined);
  return history?.plans[digest]?.plan.group?.services ?? [];
}
