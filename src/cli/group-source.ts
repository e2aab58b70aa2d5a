import type { Group } from '../core/plan.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';
import type { SourcedPlan } from './plan-source.js';

/** The plans of all members of one group, in its order. */
export interface GroupPlans {
  readonly group: Group;
  readonly members: readonly SourcedPlan[];
}

/** These plans as one group; undefined when they are not exactly the members of one. */
export function asGroup(plans: readonly SourcedPlan[]): GroupPlans | undefined {
  const group = plans[0]?.plan.group;
  if (group === undefined || plans.some(({ plan }) => plan.group?.name !== group.name)) return undefined;
  const members = group.services.flatMap((service) => plans.find(({ plan }) => plan.service === service) ?? []);
  return members.length === plans.length && members.length === group.services.length ? { group, members } : undefined;
}

/** The applied plans of the group of this name; undefined when there is no such group. */
export async function findGroupPlans({ store }: Context, name: string): Promise<GroupPlans | undefined> {
  const { plans } = await store.listPlans();
  const applied = [...plans.values()].filter(({ plan }) => plan.group?.name === name);
  if (applied.length === 0) return undefined;
  const group = asGroup(applied);
  if (group !== undefined) return group;
  const names = applied.map(({ plan }) => plan.service).join(', ');
  throw new CommandError(
    `the applied plans of the group ${name} (${names}) do not make a whole group`,
    'apply the file of the group again: splitter apply GROUP.yaml',
  );
}
