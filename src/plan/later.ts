import { child, type Path, type PlanNode } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** Words of a plan that this version of splitter does not know yet, by where they stand. None of them is in the schema. */
const LATER = {
  plan: ['schedule', 'notify', 'group'],
  source: ['exec'],
} as const;

/** Finds what belongs to a later version, each with its own message; `paths` are to be left out of further checks. */
export function findLater(root: PlanNode): { readonly problems: readonly Problem[]; readonly paths: readonly Path[] } {
  const found: { path: Path; at: 'key' | 'value'; what: string; remedy: string }[] = [];
  const keys = (node: PlanNode | undefined, path: Path, words: readonly string[], what: (word: string) => string) => {
    if (node?.kind !== 'map') return;
    for (const { key } of node.entries.filter((e) => words.includes(e.key))) {
      found.push({ path: [...path, key], at: 'key', what: what(key), remedy: 'remove it' });
    }
  };
  keys(root, [], LATER.plan, (word) => `\`${word}\``);
  itemsOf(child(root, 'signals')).forEach((signal, i) => {
    const source = child(signal, 'source');
    if (source?.kind === 'scalar' && (LATER.source as readonly unknown[]).includes(source.value)) {
      const remedy = 'use another source, or remove it';
      found.push({ path: ['signals', i, 'source'], at: 'value', what: `the signal source \`${source.value}\``, remedy });
    }
  });
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
  return { problems, paths: found.map((f) => whole(f.path)) };
}

function itemsOf(node: PlanNode | undefined): readonly PlanNode[] {
  return node?.kind === 'list' ? node.items : [];
}

/** A step or a signal goes as a whole; anything else by its key. */
function whole(path: Path): Path {
  return path[0] === 'steps' || path[0] === 'signals' ? path.slice(0, 2) : path;
}
