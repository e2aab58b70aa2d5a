import { child, type Path, type PlanNode } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** Keys of a plan that this version of splitter does not know yet. None of them is in the schema. */
const LATER: readonly string[] = ['schedule', 'notify'];

/** Finds what belongs to a later version, each with its own message; `paths` are to be left out of further checks. */
export function findLater(root: PlanNode): { readonly problems: readonly Problem[]; readonly paths: readonly Path[] } {
  const found: { path: Path; at: 'key' | 'value'; what: string; remedy: string }[] = [];
  for (const { key } of root.kind === 'map' ? root.entries.filter((entry) => LATER.includes(entry.key)) : [])
    found.push({ path: [key], at: 'key', what: `\`${key}\``, remedy: 'remove it' });
  const legs = child(root, 'legs');
  for (const { key, value } of legs?.kind === 'map' ? legs.entries : []) {
    const version = child(value, 'version');
    if (version?.kind !== 'scalar' || version.value !== 'auto') continue;
    found.push({
      path: ['legs', key, 'version'],
      at: 'value',
      what: '`version: auto` of a further leg',
      remedy: 'write the version itself',
    });
  }
  const problems = found.map((f) => errorAt(f.path, f.at, `${f.what} is not supported by this version of splitter; ${f.remedy}`));
  return { problems, paths: found.map((f) => f.path) };
}
