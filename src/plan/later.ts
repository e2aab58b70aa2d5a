import { child, type Path, type PlanNode } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** What is wrong before the schema is asked; `paths` are to be left out of further checks. */
export interface Refused {
  readonly problems: readonly Problem[];
  readonly paths: readonly Path[];
}

/** Finds what belongs to a later version. */
export function findLater(root: PlanNode): Refused {
  const paths: Path[] = [];
  const legs = child(root, 'legs');
  for (const { key, value } of legs?.kind === 'map' ? legs.entries : []) {
    const version = child(value, 'version');
    if (version?.kind === 'scalar' && version.value === 'auto') paths.push(['legs', key, 'version']);
  }
  const message = '`version: auto` of a further leg is not supported by this version of splitter; write the version itself';
  return { problems: paths.map((path) => errorAt(path, 'value', message)), paths };
}
