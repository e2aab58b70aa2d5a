import type { Node } from 'web-tree-sitter';
import { checkBounds } from './bounds.js';
import { parts, readExpression, readString, spanOf } from './hcl-values.js';
import { MapBuilder } from './map-builder.js';
import type { Path, PlanNode, Span } from './node.js';
import type { Problem } from './problem.js';
import { sniffSyntax } from './syntax.js';
import { refuseReferences } from './template.js';
import type { Trees } from './yaml.js';

/** Reads config entries as `consul config write` takes them, in HCL 1 or JSON (or YAML), with the place of every value. Never throws on any text. */
export async function readEntryTrees(text: string, file: string): Promise<Trees> {
  const plain = text.replace(/^\ufeff/, '');
  const outOfBounds = checkBounds(plain);
  if (outOfBounds !== undefined) return { roots: [], problems: [outOfBounds] };
  if (/^\s*[{[]/.test(plain) || sniffSyntax(plain, file) === 'yaml') return (await import('./yaml.js')).readYaml(plain);
  const { readHcl } = await import('./hcl.js');
  return readHcl(blankCommas(plain), readOneBody);
}

const TOKENS =
  /#[^\n]*|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|<<-?([A-Za-z_]\w*)[\s\S]*?\n[ \t]*\1\b|"(?:[^"\\\n]|\\[^\n])*"?|[{}[\],=:]|[^\s{}[\],=:"#/]+|\//g;

/** HCL 1 lets a comma follow any field, also where HCL 2 takes none; there it is made a space, so that all places stay. */
function blankCommas(text: string): string {
  const open: ('block' | 'value')[] = [];
  let before = '';
  return text.replace(TOKENS, (token: string) => {
    if (/^(#|\/\/|\/\*)/.test(token)) return token;
    const inValue = open.at(-1) === 'value';
    if (token === '{') open.push(before === '=' || before === ':' || inValue ? 'value' : 'block');
    else if (token === '[') open.push('value');
    else if (token === '}' || token === ']') open.pop();
    before = token;
    return token === ',' && !inValue ? ' ' : token;
  });
}

function readOneBody(root: Node): Trees {
  const problems: Problem[] = [];
  const items = parts(root).flatMap((node) => (node.type === 'body' ? parts(node) : [node]));
  return { roots: items.length === 0 ? [] : [readBody(items, spanOf(items[0]!), [], problems)], problems };
}

interface Group {
  readonly span: Span;
  readonly bodies: PlanNode[];
  readonly named: MapBuilder;
  hasNames: boolean;
}

/** A body of attributes and blocks: a block is a map, one with a label a map in a map, and a block that comes again makes a list. */
function readBody(items: readonly Node[], span: Span, path: Path, problems: Problem[]): PlanNode {
  const map = new MapBuilder(path, problems);
  const groups = new Map<string, Group>();
  for (const item of items) {
    const [name, label] = parts(item).filter((node) => node.type === 'identifier' || node.type === 'string_lit');
    if (name === undefined) continue;
    const at = [...path, name.text];
    if (item.type === 'attribute') {
      const value = readExpression(parts(item).at(-1)!, at, problems);
      problems.push(...refuseReferences(value, at));
      map.add(name.text, spanOf(name), value);
      continue;
    }
    const body = parts(item).flatMap((node) => (node.type === 'body' ? parts(node) : []));
    const group = groups.get(name.text) ?? {
      span: spanOf(name),
      bodies: [],
      named: new MapBuilder(at, problems),
      hasNames: false,
    };
    groups.set(name.text, group);
    if (label === undefined) group.bodies.push(readBody(body, spanOf(name), at, problems));
    else {
      const key = label.type === 'string_lit' ? String(readString(label, at, problems).value) : label.text;
      group.hasNames = true;
      group.named.add(key, spanOf(label), readBody(body, spanOf(label), [...at, key], problems));
    }
  }
  for (const [key, { span: place, bodies, named, hasNames }] of groups) {
    const [first] = bodies;
    const value = hasNames || first === undefined ? named.build(place) : undefined;
    map.add(key, place, value ?? (bodies.length === 1 ? first! : { kind: 'list', span: place, items: bodies }));
  }
  return map.build(span);
}
