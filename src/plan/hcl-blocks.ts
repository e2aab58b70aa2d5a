import type { Node } from 'web-tree-sitter';
import { CHANNEL_KINDS } from '../core/channel.js';
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
  /** What the name of a list's item is kept under, `name` where absent. */
  readonly name?: string;
}

/** Blocks that stand for one entry of a map or a list, of the plan or of its schedule; all other blocks are plain maps. */
const REPEATED: Readonly<Record<string, Rule>> = {
  subset: { key: 'subsets', labelled: true, as: 'map' },
  leg: { key: 'legs', labelled: true, as: 'map' },
  variable: { key: 'variables', labelled: true, as: 'map' },
  step: { key: 'steps', labelled: false, as: 'list' },
  signal: { key: 'signals', labelled: true, as: 'list' },
  wave: { key: 'waves', labelled: true, as: 'list' },
  check: { key: 'checks', labelled: true, as: 'list' },
  hook: { key: 'hooks', labelled: true, as: 'map' },
  notify: { key: 'notify', labelled: false, as: 'list' },
};
const REPEATED_IN_SCHEDULE: Readonly<Record<string, Rule>> = {
  window: { key: 'windows', labelled: false, as: 'list' },
  freeze: { key: 'freeze', labelled: false, as: 'list' },
};
/** In a group a block stands for each service. */
const SERVICE: Rule = { key: 'services', labelled: true, as: 'list', name: 'service' };
const UNNAMED: ReadonlySet<string> = new Set([
  'on',
  'capacity',
  'coverage',
  'metrics',
  'tls',
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
  ...CHANNEL_KINDS,
  'schedule',
  'start',
]);

/** What a block at the top of a file is for, and under which key its name is kept. */
const TOPS: Readonly<Record<string, { readonly key: string; readonly of: string; readonly example: string }>> = {
  rollout: { key: 'service', of: 'its service', example: 'rollout "service" { … }' },
  group: { key: 'group', of: 'the group', example: 'group "name" { service "one" { … } … }' },
};

/** The trees of all `rollout` and `group` blocks of a parsed HCL text that has no syntax error; `variable` blocks beside them are those of each. */
export function readRollouts(root: Node): Trees {
  const problems: Problem[] = [];
  const roots: PlanNode[] = [];
  const variables = new RepeatedBlocks([], problems);
  for (const item of parts(root).flatMap((body) => (body.type === 'body' ? parts(body) : [body]))) {
    const [name, label, more] = headOf(item);
    const top = name !== undefined && Object.hasOwn(TOPS, name.text) ? TOPS[name.text] : undefined;
    if (item.type === 'block' && name?.text === 'variable' && label !== undefined && more === undefined) {
      variables.add(REPEATED.variable!, name, label, item);
      continue;
    }
    if (item.type !== 'block' || name === undefined || top === undefined) {
      problems.push(
        errorAt(
          [],
          spanOf(name ?? item),
          'only rollout, group and variable blocks may stand here',
          'write rollout "service" { … }',
        ),
      );
    } else if (label === undefined || more !== undefined) {
      const message = `a ${name.text} takes one name, that of ${top.of}`;
      problems.push(errorAt([], spanOf(more ?? name), message, `write ${top.example}`));
    } else {
      roots.push(
        readBody(item, [], problems, { key: top.key, keySpan: spanOf(label), value: readLabel(label, [top.key], problems) }),
      );
    }
  }
  const shared = new MapBuilder([], problems);
  variables.moveInto(shared);
  const [entry] = shared.build(spanOf(root)).entries;
  return { roots: entry === undefined ? roots : roots.map((one) => shareVariables(one, entry, problems)), problems };
}

/** The tree with the variables of its file before its own. */
function shareVariables(root: PlanNode, shared: Entry, problems: Problem[]): PlanNode {
  const own = root.kind === 'map' ? root.entries.find(({ key }) => key === shared.key) : undefined;
  if (root.kind !== 'map' || shared.value.kind !== 'map') return root;
  const all = new MapBuilder([shared.key], problems);
  for (const one of [...shared.value.entries, ...(own?.value.kind === 'map' ? own.value.entries : [])])
    all.add(one.key, one.keySpan, one.value);
  const entry = { ...shared, value: all.build(shared.keySpan) };
  return { ...root, entries: [entry, ...root.entries.filter((one) => one !== own)] };
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
    const rule = ruleOf(name.text, path, named?.key);
    const labelsFit = more === undefined && (label !== undefined) === (rule?.labelled ?? false);
    if (!labelsFit && (rule !== undefined || UNNAMED.has(name.text)))
      problems.push(wrongLabels({ name, label, more }, rule, path));
    if (rule === undefined) map.add(name.text, spanOf(name), readBody(item, [...path, name.text], problems));
    else repeated.add(rule, name, label, item);
  }
  repeated.moveInto(map);
  return map.build(spanOf(headOf(block)[0] ?? block));
}

/** Blocks are repeated at the top of a rollout or a group, and in the services of a group. */
function ruleOf(name: string, path: Path, named: string | undefined): Rule | undefined {
  if (path.length === 0 && named === 'group' && name === 'service') return SERVICE;
  if (path.length === 1 && path[0] === 'schedule')
    return Object.hasOwn(REPEATED_IN_SCHEDULE, name) ? REPEATED_IN_SCHEDULE[name] : undefined;
  const isPlan = path.length === 0 || (path.length === 2 && path[0] === SERVICE.key);
  return isPlan && Object.hasOwn(REPEATED, name) ? REPEATED[name] : undefined;
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
    const here = [...this.#path, rule.key];
    const group = this.#groups.get(rule) ?? { first: name, entries: new MapBuilder(here, this.#problems), items: [] };
    this.#groups.set(rule, group);
    if (rule.as === 'map' && label !== undefined) {
      const key = String(readLabel(label, here, this.#problems).value);
      group.entries.add(key, spanOf(label), readBody(block, [...here, key], this.#problems));
      return;
    }
    const at = [...here, group.items.length];
    const named = rule.labelled ? label : undefined;
    const key = rule.name ?? 'name';
    const own = named && { key, keySpan: spanOf(named), value: readLabel(named, [...at, key], this.#problems) };
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
