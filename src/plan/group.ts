import type { Group } from '../core/plan.js';
import { child, type Entry, type PlanNode } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** One plan of a text: its tree, and the group that it is a member of. */
export interface Member {
  readonly root: PlanNode;
  readonly group?: Group;
}

/** Keys that say that a tree is a group's. */
const OF_GROUP: readonly string[] = ['group', 'services'];
/** What all members share: they take the same steps, and one controller finds them in one place. */
export const SHARED: readonly string[] = ['steps', 'namespace', 'partition', 'datacenter'];
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/;
const NO_WAVES = 'a group has no waves: its lock step is within one Consul';
const EXAMPLE = 'write services: [{ service: cart, subsets: … }, …]';

/** The plans that a tree stands for: itself, or for a group one for each of its services, which takes from the group whatever it does not say itself. */
export function expandGroup(root: PlanNode): { readonly members: readonly Member[]; readonly problems: readonly Problem[] } {
  if (root.kind !== 'map' || !root.entries.some(({ key }) => OF_GROUP.includes(key)))
    return { members: [{ root }], problems: [] };
  const [name, services] = [child(root, 'group'), child(root, 'services')];
  const wrong = [...checkName(name), ...checkServices(services)];
  const problems = wrong.length > 0 ? wrong : checkTop(root);
  if (problems.length > 0 || name?.kind !== 'scalar' || services?.kind !== 'list') return { members: [], problems };
  const names = services.items.map((item) => nameOf(item));
  const group = { name: String(name.value), services: names };
  const shared = root.entries.filter(({ key }) => !OF_GROUP.includes(key));
  return { members: services.items.map((item) => ({ root: merge(item, shared), group })), problems: [] };
}

function merge(item: PlanNode, shared: readonly Entry[]): PlanNode {
  if (item.kind !== 'map') return item;
  const own = new Set(item.entries.map(({ key }) => key));
  return { ...item, entries: [...item.entries, ...shared.filter(({ key }) => !own.has(key))] };
}

function checkName(name: PlanNode | undefined): readonly Problem[] {
  if (name === undefined)
    return [errorAt(['services'], 'key', 'services belong to a group, and this one has no name', 'add group: checkout')];
  if (name.kind === 'scalar' && typeof name.value === 'string' && NAME.test(name.value)) return [];
  const hint = 'write a name of letters, digits, - _ and ., like group: checkout';
  return [errorAt(['group'], 'value', '"group" is no name', hint)];
}

function checkServices(services: PlanNode | undefined): readonly Problem[] {
  if (services === undefined) return [errorAt(['group'], 'key', 'a group needs services', EXAMPLE)];
  if (services.kind !== 'list') return [errorAt(['services'], 'value', '"services" is no list', EXAMPLE)];
  if (services.items.length < 2)
    return [
      errorAt(['services'], 'key', `a group is of two services or more, and this one has ${services.items.length}`, EXAMPLE),
    ];
  return services.items.flatMap((item, i) => checkMember(item, i));
}

function checkMember(item: PlanNode, i: number): readonly Problem[] {
  const at = ['services', i];
  if (item.kind !== 'map') return [errorAt(at, 'value', `item ${i + 1} of "services" is no map`, EXAMPLE)];
  if (child(item, 'service')?.kind !== 'scalar')
    return [errorAt(at, 'key', `item ${i + 1} of "services" names no service`, 'add "service"')];
  return item.entries.flatMap(({ key }) => {
    if (SHARED.includes(key)) {
      const why = key === 'steps' ? 'the members of a group take the same steps' : 'the members of a group live in one place';
      return [errorAt([...at, key], 'key', `"${key}" of ${nameOf(item)}: ${why}`, `write ${key} once, beside group`)];
    }
    if (key === 'waves') return [errorAt([...at, key], 'key', NO_WAVES, 'remove it')];
    if (key === 'variables')
      return [
        errorAt([...at, key], 'key', 'the members of a group have the same variables', 'write variables once, beside group'),
      ];
    return OF_GROUP.includes(key) ? [errorAt([...at, key], 'key', 'a group cannot stand in a group', 'remove it')] : [];
  });
}

function checkTop(root: PlanNode): readonly Problem[] {
  const waves = child(root, 'waves') === undefined ? [] : [errorAt(['waves'], 'key', NO_WAVES, 'remove it')];
  return child(root, 'service') === undefined
    ? waves
    : [errorAt(['service'], 'key', 'a plan is for one service or for a group of services', 'move it into services'), ...waves];
}

function nameOf(item: PlanNode): string {
  const service = child(item, 'service');
  return service?.kind === 'scalar' ? (typeof service.value === 'string' ? service.value : service.source) : '';
}
