/** A place in a source text: line and column from 1, and how many characters it covers on that line. */
export interface Span {
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** Steps from the root of a plan to a place in it, by its YAML names. */
export type Path = readonly (string | number)[];

/** One key of a map, with the place of the key itself. */
export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: PlanNode;
}

/** What both languages are read into: plain values that remember where they stand. */
export type PlanNode =
  | { readonly kind: 'map'; readonly span: Span; readonly entries: readonly Entry[] }
  | { readonly kind: 'list'; readonly span: Span; readonly items: readonly PlanNode[] }
  | ScalarNode;

/** A variable that a text names, with its place. */
export interface Reference {
  readonly name: string;
  readonly span: Span;
}

/** A text of which parts are the values of variables. */
export type Template = readonly (string | Reference)[];

/**
 * A leaf. `source` is its spelling; `inside` is where its first character stands, when the source spells the value letter by letter. `template`:
 * what its value is to be made of, where it names variables. `from`: the variables that it was made of; the place where it stands then says
 * whether it is a text, a number or a truth.
 */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly span: Span;
  readonly value: string | number | boolean | null;
  readonly source: string;
  readonly inside?: Span;
  readonly template?: Template;
  readonly from?: readonly string[];
}

/** A leaf as people would write it: the letters of a text, the spelling of a number or a truth. */
export function spelling({ value, source }: ScalarNode): string {
  return typeof value === 'string' ? value : source;
}

/** The child of a node under a key or an index; undefined where there is none. */
export function child(node: PlanNode | undefined, step: string | number): PlanNode | undefined {
  if (node?.kind === 'map') return node.entries.find((e) => e.key === step)?.value;
  return node?.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined;
}

/** The node at a path; undefined where there is none. */
export function find(root: PlanNode, path: Path): PlanNode | undefined {
  return path.reduce<PlanNode | undefined>(child, root);
}

/** Where the key or the value at a path stands; for what is not there, the key of the nearest parent that is. */
export function locate(root: PlanNode, path: Path, aim: 'key' | 'value'): Span {
  let node = root;
  let keySpan = root.span;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) return keySpan;
    keySpan = node.kind === 'map' ? node.entries.find((e) => e.key === step)!.keySpan : next.span;
    node = next;
  }
  return aim === 'key' ? keySpan : node.span;
}

/** Where the character at `offset` of a text value stands; the value itself where the source does not spell it letter by letter. */
export function locateInside(node: PlanNode, offset: number): Span {
  if (node.kind !== 'scalar' || node.inside === undefined) return node.span;
  const before = String(node.value).slice(0, offset).split('\n');
  const line = node.inside.line + before.length - 1;
  const column = before.length === 1 ? node.inside.column + offset : before.at(-1)!.length + 1;
  return { line, column, length: 1 };
}

/** The plain value of a node. Whole numbers at paths where `asText` says so keep their spelling, as text. */
export function toValue(node: PlanNode, asText: (path: Path) => boolean, path: Path = []): unknown {
  switch (node.kind) {
    case 'map':
      return Object.fromEntries(node.entries.map((e) => [e.key, toValue(e.value, asText, [...path, e.key])]));
    case 'list':
      return node.items.map((item, i) => toValue(item, asText, [...path, i]));
    case 'scalar':
      return typeof node.value === 'number' && /^\d+$/.test(node.source) && asText(path) ? node.source : node.value;
  }
}

/** The node with every leaf, at any depth, made into another one. */
export function mapScalars(node: PlanNode, change: (scalar: ScalarNode, path: Path) => ScalarNode, path: Path = []): PlanNode {
  switch (node.kind) {
    case 'map':
      return { ...node, entries: node.entries.map((e) => ({ ...e, value: mapScalars(e.value, change, [...path, e.key]) })) };
    case 'list':
      return { ...node, items: node.items.map((item, i) => mapScalars(item, change, [...path, i])) };
    case 'scalar':
      return change(node, path);
  }
}

/** The node without the children that `drop` picks, at any depth. */
export function prune(node: PlanNode, drop: (path: Path) => boolean, path: Path = []): PlanNode {
  switch (node.kind) {
    case 'map': {
      const kept = node.entries.filter((e) => !drop([...path, e.key]));
      return { ...node, entries: kept.map((e) => ({ ...e, value: prune(e.value, drop, [...path, e.key]) })) };
    }
    case 'list': {
      const kept = node.items.map((item, i) => ({ item, at: [...path, i] })).filter(({ at }) => !drop(at));
      return { ...node, items: kept.map(({ item, at }) => prune(item, drop, at)) };
    }
    case 'scalar':
      return node;
  }
}
