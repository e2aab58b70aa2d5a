import { planJsonSchema } from '../../src/plan/json-schema.js';
import { manPage } from './man.js';
import { allCommands } from './models.js';
import { commandPages } from './pages.js';
import { planReference } from './plan-reference.js';

/** Every file that is made from the program, by its path from the root. */
export function madeFiles(): ReadonlyMap<string, string> {
  const commands = allCommands();
  return new Map([
    ['man/splitter.1', manPage(commands)],
    ['docs/plan-reference.md', planReference(planJsonSchema())],
    ...[...commandPages(commands)].map(([name, text]) => [`docs/commands/${name}`, text] as const),
  ]);
}
