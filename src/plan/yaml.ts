import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml';
import { given } from './given.js';
import { Lines } from './lines.js';
import { MapBuilder } from './map-builder.js';
import type { Path, PlanNode, ScalarNode, Span } from './node.js';
import { errorAt, type Problem, warningAt } from './problem.js';
import { parseTemplate } from './template.js';

/** What one source text holds: a tree for each plan in it, and what could not be read. */
export interface Trees {
  readonly roots: readonly PlanNode[];
  readonly problems: readonly Problem[];
}

const MOST_NODES = 20_000;
const DEEPEST = 40;

/** Reads YAML 1.2 (and JSON, which is a part of it) into trees, one for each document that is not empty; aliases are followed. */
export function readYaml(text: string): Trees {
  const problems: Problem[] = [];
  const roots: PlanNode[] = [];
  const lines = new Lines(text);
  for (const document of parseAllDocuments(text, { uniqueKeys: false, prettyErrors: false, version: '1.2' })) {
    const [error] = document.errors;
    if (error !== undefined) problems.push(describeError(error, document, text, lines));
    for (const warning of document.warnings) problems.push(warningAt([], lines.spanAt(...warning.pos), sentenceOf(warning)));
    if (error !== undefined || document.contents === null) continue;
    if (isScalar(document.contents) && document.contents.value === null) continue;
    roots.push(new YamlTree(text, lines, document, problems).read(document.contents, []));
  }
  return { roots, problems };
}

class YamlTree {
  readonly #text: string;
  readonly #lines: Lines;
  readonly #document: Document;
  readonly #problems: Problem[];
  #nodes = 0;

  constructor(text: string, lines: Lines, document: Document, problems: Problem[]) {
    this.#text = text;
    this.#lines = lines;
    this.#document = document;
    this.#problems = problems;
  }

  read(node: Node | null | undefined, path: Path): PlanNode {
    const span = this.#span(node);
    if (node === null || node === undefined) return nothing(span);
    if (++this.#nodes > MOST_NODES || path.length > DEEPEST) return this.#tooMuch(span, path);
    if (isAlias(node)) return this.read(node.resolve(this.#document), path);
    if (isMap<Node, Node | null>(node)) {
      const map = new MapBuilder(path, this.#problems);
      for (const { key, value } of node.items) this.#add(map, key, value, path);
      const first = node.flow ? undefined : node.items[0]?.key;
      return map.build(first === undefined ? { ...span, length: 1 } : this.#span(first));
    }
    if (isSeq<Node | null>(node)) {
      return { kind: 'list', span: { ...span, length: 1 }, items: node.items.map((item, i) => this.read(item, [...path, i])) };
    }
    return isScalar(node) ? this.#scalar(node, span) : nothing(span);
  }

  #add(map: MapBuilder, key: Node, value: Node | null, path: Path): void {
    const keyNode = isAlias(key) ? key.resolve(this.#document) : key;
    const keySpan = this.#span(key);
    if (!isScalar(keyNode)) {
      this.#problems.push(errorAt(path, keySpan, 'a key must be a word', 'write key: value'));
      return;
    }
    const name = typeof keyNode.value === 'string' ? keyNode.value : (keyNode.source ?? String(keyNode.value));
    const child = this.read(value, [...path, name]);
    map.add(name, keySpan, child.kind === 'scalar' && child.span.length === 0 ? { ...child, span: keySpan } : child);
  }

  #scalar(node: Scalar, span: Span): ScalarNode {
    const value = ['string', 'number', 'boolean'].includes(typeof node.value) ? (node.value as ScalarNode['value']) : null;
    const [start, end] = node.range ?? [0, 0];
    const scalar: ScalarNode = { kind: 'scalar', span, value, source: node.source ?? this.#text.slice(start, end) };
    const quote = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
    const verbatim = this.#text.slice(start + quote, end - quote) === value;
    const spanAt = (offset: number, length: number): Span =>
      verbatim ? this.#lines.spanAt(start + quote + offset, start + quote + offset + length) : span;
    const template = typeof value === 'string' ? parseTemplate(value, spanAt) : undefined;
    return {
      ...scalar,
      ...(verbatim ? { inside: this.#lines.spanAt(start + quote, end) } : {}),
      ...given('template', template),
    };
  }

  #span(node: Node | null | undefined): Span {
    const [start, end] = node?.range ?? [0, 0];
    const firstLine = this.#text.slice(start, end).split('\n', 1)[0]!.trimEnd();
    return this.#lines.spanAt(start, start + firstLine.length);
  }

  #tooMuch(span: Span, path: Path): PlanNode {
    const told = this.#problems.some((p) => p.message === TOO_MUCH);
    if (!told) this.#problems.push(errorAt(path, span, TOO_MUCH, 'write it without aliases that contain one another'));
    return nothing(span);
  }
}

const TOO_MUCH = `the plan is nested too deep or too large (at most ${DEEPEST} levels and ${MOST_NODES} values)`;

function nothing(span: Span): ScalarNode {
  return { kind: 'scalar', span, value: null, source: '' };
}

const SENTENCES: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab cannot indent YAML; use spaces',
  BAD_INDENT: 'this line is indented differently from its neighbours',
  MISSING_CHAR: 'something is missing here: a closing quote or bracket, or the colon or comma before it',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line; is the colon after it missing',
  BLOCK_AS_IMPLICIT_KEY: 'a nested map or list cannot stand here; is the indentation right',
};

/** Only the first error of a document is told: the later ones mostly follow from it. */
function describeError(error: YAMLError, document: Document, text: string, lines: Lines): Problem {
  let open: number | undefined;
  visit(document, {
    Scalar: (_, node) => {
      const [start, end] = node.range ?? [0, 0];
      const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE';
      if (quoted && (end - start < 2 || text[end - 1] !== text[start])) open = start;
    },
  });
  const bare = findBareReference(text, error.pos[0]);
  if (bare !== undefined) {
    const message = 'not valid YAML: within { } or [ ] a text with braces stands in quotes';
    return errorAt([], lines.spanAt(bare.offset, bare.offset + bare.text.length), message, `write "${bare.text}"`);
  }
  if (error.code !== 'MISSING_CHAR' || open === undefined) return errorAt([], lines.spanAt(...error.pos), sentenceOf(error));
  return errorAt([], lines.spanAt(open, text.length), 'not valid YAML: this text is never closed', 'add a quote at its end');
}

/** The variable without quotes around it, on the line of an error, that most likely is the error. */
function findBareReference(text: string, at: number): { readonly text: string; readonly offset: number } | undefined {
  const start = text.lastIndexOf('\n', at - 1) + 1;
  const [line = ''] = text.slice(start).split('\n', 1);
  const found = /^[^"'#]*[[{][^"'#]*?(\$\{\s*var\.\w+\s*\})/.exec(line);
  const reference = found?.[1];
  return reference === undefined ? undefined : { text: reference, offset: start + found![0].length - reference.length };
}

function sentenceOf(error: YAMLError): string {
  if (/end with a [\]}]/.test(error.message)) return 'not valid YAML: a list or map in brackets is not closed before here';
  return `not valid YAML: ${SENTENCES[error.code] ?? error.message.charAt(0).toLowerCase() + error.message.slice(1)}`;
}
