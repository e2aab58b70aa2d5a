import type { Path, PlanNode, Reference, Span, Template } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** What a variable may be called: a word that the environment can name too. */
export const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,62}$/;

const REFERENCE = /(\$*)\$\{\s*var\.([^}]*)(\}|$)/g;

/** The plain texts of a value and the variables that it names between them, `${var.name}`; `$${var.name}` means itself. Undefined where it does neither. */
export function parseTemplate(text: string, spanAt: (offset: number, length: number) => Span): Template | undefined {
  const parts: (string | Reference)[] = [];
  let end = 0;
  for (const { 0: whole, 1: dollars = '', 2: name = '', 3: brace, index } of text.matchAll(REFERENCE)) {
    parts.push(text.slice(end, index));
    end = index + whole.length;
    // One dollar more is one less: what is meant letter by letter is written with one more than it has.
    if (dollars !== '') parts.push(whole.slice(1));
    else parts.push({ name: brace === '}' ? name.trim() : whole, span: spanAt(index, whole.length) });
  }
  return parts.length === 0 ? undefined : [...parts, text.slice(end)];
}

/** The text written so that `parseTemplate` gives it back letter by letter. */
export function escapeReferences(text: string): string {
  return text.replace(REFERENCE, (whole) => `$${whole}`);
}

/** An error for every variable that a tree names which knows none. */
export function refuseReferences(node: PlanNode, path: Path): Problem[] {
  switch (node.kind) {
    case 'map':
      return node.entries.flatMap(({ key, value }) => refuseReferences(value, [...path, key]));
    case 'list':
      return node.items.flatMap((item, i) => refuseReferences(item, [...path, i]));
    case 'scalar':
      return (node.template ?? []).flatMap((part) =>
        typeof part === 'string' ? [] : [errorAt(path, part.span, 'variables belong to plans', 'write the value itself')],
      );
  }
}
