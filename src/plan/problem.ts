import type { Diagnostic } from './diagnostic.js';
import { find, locate, locateInside, type Path, type PlanNode, type Span } from './node.js';

/** The language that a plan is spelled in. */
export type Syntax = 'yaml' | 'hcl';

/** A diagnostic that does not know its file yet: its place is a span, or a path in the plan (at its key, its value, or a character of its text). */
export interface Problem {
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint?: string;
  readonly path: Path;
  readonly at: 'key' | 'value' | Span | { readonly offset: number };
}

/** An error at a path. */
export function errorAt(path: Path, at: Problem['at'], message: string, hint?: string): Problem {
  return { severity: 'error', message, path, at, ...(hint === undefined ? {} : { hint }) };
}

/** A warning at a path. */
export function warningAt(path: Path, at: Problem['at'], message: string, hint?: string): Problem {
  return { ...errorAt(path, at, message, hint), severity: 'warning' };
}

/** The diagnostic of a problem: its place looked up in the tree that it was found in. */
export function place(problem: Problem, file: string, root?: PlanNode): Diagnostic {
  const { at, ...rest } = problem;
  return { ...rest, file, ...spanOf(at, problem.path, root) };
}

function spanOf(at: Problem['at'], path: Path, root: PlanNode | undefined): Span {
  if (typeof at === 'object' && 'line' in at) return at;
  if (root === undefined) return { line: 1, column: 1, length: 1 };
  const node = find(root, path);
  if (typeof at === 'object') return node === undefined ? locate(root, path, 'value') : locateInside(node, at.offset);
  return locate(root, path, at);
}
