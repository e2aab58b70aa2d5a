import type { Node } from 'web-tree-sitter';
import { parts, readExpression, readString, spanOf } from './hcl-values.js';
import { MapBuilder } from './map-builder.js';
import type { Entry, Path, PlanNode, ScalarNode } from './node.js';
import { errorAt, type Problem } from './problem.js';
import type { Trees } from './yaml.js';

/** How a block that may be repeated is kept: under which key of the plan, with a name or without, as an entry of a map or an item of a list. */
interface Rule {
  readonly key: string;
  readonly labelled: boolean;
  readonly as: 'map' | 'list';
}

/** Blocks that stand for one entry of a map or a list, of the plan or of its schedule; all other blocks are plain maps. */
const REPEATED: Readonly<Record<string, Rule>> = {
  subset: { key: 'subsets', labelled: true, as: 'map' },
  leg: { key: 'legs', labelled: true, as: 'map' },
  step: { key: 'steps', labelled: false, as: 'list' },
  signal: { key: 'signals', labelled: true, as: 'list' },
  check: { key: 'checks', labelled: true, as: 'list' },
  hook: { key: 'hooks', labelled: true, as: 'map' },
  notify: { key: 'notify', labelled: false, as: 'list' },
};
const REPEATED_IN_SCHEDULE: Readonly<Record<string, Rule>> = {
  window: { key: 'windows', labelled: false, as: 'list' },
  freeze: { key: 'freeze', labelled: false, as: 'list' },
};
const UNNAMED: ReadonlySet<string> = new Set([
  'on',
  'capacity',
  'pause',
  'wait',
  'analyse',
  'ramp',
  'run',
  'route',
  'header',
  'cookie',
  'sticky',
  'hooks',
  'slack',
  'webhook',
  'schedule',
  'start',
]);

/** The trees of all `rollout` blocks of a parsed HCL text that has no syntax error. */
export function readRollouts(root: Node): Trees {
  const problems: Problem[] = [];
  const roots: PlanNode[] = [];
  for (const item of parts(root).flatMap((body) => (body.type === 'body' ? parts(body) : [body]))) {
    const [name, label, more] = headOf(item);
    if (item.type !== 'block' || name?.text !== 'rollout') {
      problems.push(errorAt([], spanOf(name ?? item), 'only rollout blocks may stand here', 'write rollout "service" { … }'));
    } else if (label === undefined || more !== undefined) {
      problems.push(
        errorAt([], spanOf(more ?? name), 'a rollout takes one name, that of its service', 'write rollout "service" { … }'),
      );
    } else {
      roots.push(
        readBody(item, [], problems, { key: 'service', keySpan: spanOf(label), value: readLabel(label, ['service'], problems) }),
      );
    }
  }
  return { roots, problems };
}

function readBody(block: Node, path: Path, problems: Problem[], named?: Entry): PlanNode {
  const map = new MapBuilder(path, problems);
  const repeated = new RepeatedBlocks(path, problems);
  if (named !== undefined) map.add(named.key, named.keySpan, named.value);
  for (const item of parts(block).flatMap((c) => (c.type === 'body' ? parts(c) : []))) {
    const [name, label, more] = headOf(item);
    if (name === undefined) continue;
    if (item.type === 'attribute') {
      map.add(name.text, spanOf(name), readExpression(parts(item)[1]!, [...path, name.text], problems));
      continue;
    }
    const rule = ruleOf(path, name.text);
    const labelsFit = more === undefined && (label !== undefined) === (rule?.labelled ?? false);
    if (!labelsFit && (rule !== undefined || UNNAMED.has(name.text)))
      problems.push(wrongLabels({ name, label, more }, rule, path));
    if (rule === undefined) map.add(name.text, spanOf(name), readBody(item, [...path, name.text], problems));
    else repeated.add(rule, name, label, item);
  }
  repeated.moveInto(map);
  return map.build(spanOf(headOf(block)[0] ?? block));
}

function ruleOf(path: Path, name: string): Rule | undefined {
  const rules = path.length === 0 ? REPEATED : path.length === 1 && path[0] === 'schedule' ? REPEATED_IN_SCHEDULE : {};
  return Object.hasOwn(rules, name) ? rules[name] : undefined;
}

/** Gathers the repeated blocks of a rollout, to become one key of the plan each, at the place of the first block. */
class RepeatedBlocks {
  readonly #path: Path;
  readonly #problems: Problem[];
  readonly #groups = new Map<Rule, { first: Node; entries: MapBuilder; items: PlanNode[] }>();

  constructor(path: Path, problems: Problem[]) {
    this.#path = path;
    this.#problems = problems;
  }

  add(rule: Rule, name: Node, label: Node | undefined, block: Node): void {
    if (rule.labelled && label === undefined) return;
    const group = this.#groups.get(rule) ?? {
      first: name,
      entries: new MapBuilder([...this.#path, rule.key], this.#problems),
      items: [],
    };
    this.#groups.set(rule, group);
    if (rule.as === 'map' && label !== undefined) {
      const key = String(readLabel(label, [...this.#path, rule.key], this.#problems).value);
      group.entries.add(key, spanOf(label), readBody(block, [...this.#path, rule.key, key], this.#problems));
      return;
    }
    const at = [...this.#path, rule.key, group.items.length];
    const named = rule.labelled ? label : undefined;
    const own = named && { key: 'name', keySpan: spanOf(named), value: readLabel(named, [...at, 'name'], this.#problems) };
    group.items.push(readBody(block, at, this.#problems, own));
  }

  moveInto(map: MapBuilder): void {
    for (const [{ key, as }, { first, entries, items }] of this.#groups) {
      const span = spanOf(first);
      map.add(key, span, as === 'list' ? { kind: 'list', span, items } : entries.build(span));
    }
  }
}

function headOf(item: Node): Node[] {
  return parts(item).filter((c) => c.type === 'identifier' || c.type === 'string_lit');
}

function readLabel(label: Node, path: Path, problems: Problem[]): ScalarNode {
  if (label.type === 'string_lit') return readString(label, path, problems);
  return { kind: 'scalar', span: spanOf(label), value: label.text, source: label.text };
}

function wrongLabels(
  { name, label, more }: { name: Node; label: Node | undefined; more: Node | undefined },
  rule: Rule | undefined,
  path: Path,
): Problem {
  const place = rule?.labelled ? (more ?? name) : (label ?? name);
  const [takes, wanted] = rule?.labelled ? ['one name', `${name.text} "name" { … }`] : ['no name', `${name.text} { … }`];
  return errorAt(path, spanOf(place), `the block ${name.text} takes ${takes}`, `write ${wanted}`);
}
