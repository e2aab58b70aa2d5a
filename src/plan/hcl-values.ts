import type { Node } from 'web-tree-sitter';
import { decodeHeredoc, decodeQuoted } from './hcl-text.js';
import { MapBuilder } from './map-builder.js';
import type { Path, PlanNode, Reference, ScalarNode, Span } from './node.js';
import { errorAt, type Problem } from './problem.js';

const MARK = '\u0000';

/** The place of a syntax node; its length ends with the line. */
export function spanOf(node: Node): Span {
  return {
    line: node.startPosition.row + 1,
    column: node.startPosition.column + 1,
    length: node.text.split('\n', 1)[0]!.trimEnd().length,
  };
}

/** The named children of a node, without comments. */
export function parts(node: Node): Node[] {
  return node.namedChildren.filter((c) => c !== null && c.type !== 'comment');
}

/** Reads an expression of HCL: strings, numbers, bools, null, lists and objects. Anything that would have to be computed is a problem. */
export function readExpression(expression: Node, path: Path, problems: Problem[]): PlanNode {
  const node = unwrap(expression);
  switch (node.type) {
    case 'string_lit':
    case 'quoted_template':
    case 'heredoc_template':
      return readString(node, path, problems);
    case 'numeric_lit':
      return scalar(node, Number(node.text));
    case 'bool_lit':
      return scalar(node, node.text === 'true');
    case 'null_lit':
      return scalar(node, null);
    case 'tuple': {
      const items = parts(node).filter((c) => c.type === 'expression');
      return {
        kind: 'list',
        span: { ...spanOf(node), length: 1 },
        items: items.map((c, i) => readExpression(c, [...path, i], problems)),
      };
    }
    case 'object':
      return readObject(node, path, problems);
    case 'operation':
      return readNegative(node, path, problems);
    default: {
      const reference = bareReference(node);
      if (reference !== undefined) return { ...scalar(node, node.text), template: [reference] };
      // Terraform's types are bare words; that a variable has none here is said of the key.
      if (path[0] === 'variables' && path.length === 3 && path[2] === 'type') return scalar(node, node.text);
      const hint = node.type === 'variable_expr' ? `write "${node.text}" in quotes` : 'write the value itself';
      problems.push(errorAt(path, spanOf(node), 'a plan is not computed: only plain values may stand here', hint));
      return scalar(node, null);
    }
  }
}

/** Reads a string literal (of an attribute, or the label of a block). */
export function readString(node: Node, path: Path, problems: Problem[]): ScalarNode {
  const computed = parts(node).filter((c) => c.type === 'template_interpolation' || c.type === 'template_directive');
  const references = computed.map((c) => (node.text.includes(MARK) ? undefined : referenceIn(c)));
  const wrong = computed.find((_, i) => references[i] === undefined);
  if (wrong !== undefined) {
    const sign = wrong.type === 'template_interpolation' ? '$' : '%';
    const hint = `write the value itself, or a variable: \${var.name}; for a plain ${sign}{ write ${sign}${sign}{`;
    problems.push(
      errorAt(path, { ...spanOf(wrong), length: 2 }, `a plan is not computed: ${sign}{…} cannot stand in a text`, hint),
    );
    return scalar(node, '');
  }
  // Each variable is one mark while the text around it is decoded.
  const marked = computed.reduceRight(
    (text, c) => text.slice(0, c.startIndex - node.startIndex) + MARK + text.slice(c.endIndex - node.startIndex),
    node.text,
  );
  const decoded = readDecoded(node, marked, path, problems);
  if (references.length === 0 || typeof decoded.value !== 'string') return decoded;
  const texts = decoded.value.split(MARK);
  const template = texts.flatMap((text, i) => (references[i] === undefined ? [text] : [text, references[i]]));
  const { inside: _, ...plain } = decoded;
  return { ...plain, value: node.text, template };
}

function readDecoded(node: Node, source: string, path: Path, problems: Problem[]): ScalarNode {
  if (node.type === 'heredoc_template') {
    const lines = source.split('\n');
    return scalar(node, decodeHeredoc(lines.slice(1, -1), lines[0]!.startsWith('<<-')));
  }
  const raw = source.slice(1, -1);
  const text = decodeQuoted(raw);
  const span = spanOf(node);
  if (raw.includes('\n')) {
    problems.push(
      errorAt(path, span, 'not valid HCL: this text is never closed', 'add a " at its end, or use a heredoc for more lines'),
    );
    return scalar(node, '');
  }
  if (!('value' in text)) {
    problems.push(
      errorAt(path, { ...span, column: span.column + 1 + text.offset, length: 2 }, text.message, 'write \\\\ for one backslash'),
    );
    return scalar(node, '');
  }
  const inside = { ...span, column: span.column + 1 };
  return text.value === raw ? { ...scalar(node, raw), inside } : scalar(node, text.value);
}

function scalar(node: Node, value: ScalarNode['value']): ScalarNode {
  return { kind: 'scalar', span: spanOf(node), value, source: node.text };
}

/** The variable that an expression is, and nothing else: `var.name`. */
function bareReference(node: Node): Reference | undefined {
  const name = /^var\.(\w+)$/.exec(node.text)?.[1];
  return name === undefined ? undefined : { name, span: spanOf(node) };
}

function referenceIn(interpolation: Node): Reference | undefined {
  const name = /^\$\{\s*var\.(\w+)\s*\}$/.exec(interpolation.text)?.[1];
  return name === undefined ? undefined : { name, span: spanOf(interpolation) };
}

function unwrap(node: Node): Node {
  const inner = parts(node);
  const wraps = ['expression', 'literal_value', 'template_expr', 'collection_value'].includes(node.type);
  return wraps && inner.length === 1 ? unwrap(inner[0]!) : node;
}

function readNegative(node: Node, path: Path, problems: Problem[]): ScalarNode {
  if (/^-\s*[0-9.]+$/.test(node.text)) return scalar(node, Number(node.text.replace(/\s+/g, '')));
  problems.push(
    errorAt(path, spanOf(node), 'a plan is not computed: only plain values may stand here', 'write the value itself'),
  );
  return scalar(node, null);
}

function readObject(node: Node, path: Path, problems: Problem[]): PlanNode {
  const map = new MapBuilder(path, problems);
  for (const element of parts(node).filter((c) => c.type === 'object_elem')) {
    const key = element.childForFieldName('key');
    const value = element.childForFieldName('val');
    if (key === null || value === null) continue;
    const name = unwrap(key);
    const text = name.type === 'string_lit' ? String(readString(name, path, problems).value) : name.text;
    map.add(text, spanOf(name), readExpression(value, [...path, text], problems));
  }
  return map.build({ ...spanOf(node), length: 1 });
}
