import { AUTO } from '../core/auto.js';
import { sameFilter, versionFilter } from '../core/versions.js';
import { checkFilter } from './filter.js';
import type { Path } from './node.js';
import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';
import { suggest } from './suggest.js';

/** What a plan's subsets, legs and `stable` must mean together. */
export function checkSubsets(plan: PlanText): Problem[] {
  const names = Object.keys(plan.subsets);
  const roles = names.filter((name) => !Object.hasOwn(plan.legs, name));
  return [
    ...Object.entries(plan.subsets).flatMap(([name, subset]) => checkPick(subset, ['subsets', name])),
    ...Object.entries(plan.legs).flatMap(([name, leg]) => checkLeg(name, leg, plan)),
    ...checkRoles(roles),
    ...checkTwins(plan, roles),
    ...checkStable(plan.stable, roles),
  ];
}

function checkPick({ version, filter }: { version?: string | undefined; filter?: string | undefined }, path: Path): Problem[] {
  const name = path.at(-1);
  if (version !== undefined && filter !== undefined) {
    return [errorAt([...path, 'filter'], 'key', `"${name}" has both a version and a filter`, 'keep one of them')];
  }
  if (filter !== undefined) {
    return checkFilter(filter).map(({ offset, ...finding }) => ({ ...finding, path: [...path, 'filter'], at: { offset } }));
  }
  if (version === undefined) return [errorAt(path, 'key', `"${name}" has neither a version nor a filter`, 'write version: "2"')];
  if (!checkFilter(versionFilter(version)).some((finding) => finding.severity === 'error')) return [];
  const message = 'a version with a line break, or with a backtick beside a quote or a backslash, cannot be written as a filter';
  return [errorAt([...path, 'version'], 'value', message, 'write a filter of your own')];
}

function checkLeg(name: string, leg: PlanText['legs'][string], plan: PlanText): Problem[] {
  const defined = Object.hasOwn(plan.subsets, name);
  const own = leg.version !== undefined || leg.filter !== undefined;
  if (defined && own)
    return [
      errorAt(['legs', name], 'key', `"${name}" is defined twice, as a subset and as a leg`, 'keep its version in one place'),
    ];
  return defined ? [] : checkPick(leg, ['legs', name]);
}

function checkRoles(roles: readonly string[]): Problem[] {
  if (roles.length === 2) return [];
  if (roles.length > 2) {
    return roles.slice(2).map((name) => {
      const message = `"${name}" is a third subset, and a rollout is between two`;
      return errorAt(['subsets', name], 'key', message, 'give it a fixed weight under legs, or remove it');
    });
  }
  const message = `a rollout needs two subsets, and there ${roles.length === 1 ? 'is one' : 'are none'}`;
  return [errorAt(['subsets'], 'key', message, 'add the version to move from and the version to move to')];
}

/** A version that would be tried against itself, and promoted onto itself. */
function checkTwins({ subsets }: PlanText, roles: readonly string[]): Problem[] {
  const [first, second] = roles;
  if (first === undefined || second === undefined || roles.length > 2) return [];
  const [one, other] = [filterOf(subsets[first]), filterOf(subsets[second])];
  if (one === undefined || !sameFilter(one, other)) return [];
  const { version, filter } = subsets[second]!;
  const message = `"${second}" picks the same instances as "${first}" (${version ?? filter}): there would be nothing to try`;
  return [
    errorAt(
      ['subsets', second, version === undefined ? 'filter' : 'version'],
      'value',
      message,
      `write the version that "${second}" is to have`,
    ),
  ];
}

function filterOf(subset: PlanText['subsets'][string] | undefined): string | undefined {
  if (subset?.version === AUTO) return undefined;
  return subset?.version === undefined ? subset?.filter : versionFilter(subset.version);
}

function checkStable(stable: string | undefined, roles: readonly string[]): Problem[] {
  if (stable === undefined || roles.includes(stable)) return [];
  const hint = suggest(stable, roles);
  return [
    errorAt(
      ['stable'],
      'value',
      `stable is ${JSON.stringify(stable)}, which is none of the two subsets`,
      hint && `did you mean "${hint}"?`,
    ),
  ];
}
