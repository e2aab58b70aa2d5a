import type { Node } from 'web-tree-sitter';
import { findSlip } from './hcl-scan.js';
import { spanOf } from './hcl-values.js';
import { Lines } from './lines.js';
import { errorAt, type Problem } from './problem.js';

/** The first syntax error of a parsed HCL text, in words; undefined when there is none. Later ones mostly follow from the first. */
export function findSyntaxError(root: Node, text: string): Problem | undefined {
  if (!root.hasError) return undefined;
  const slip = findSlip(text);
  if (slip === undefined) return describe(firstWrong(root) ?? root);
  const span = new Lines(text).spanAt(slip.offset, slip.offset + slip.length);
  return errorAt([], span, `not valid HCL: ${slip.message}`, slip.hint);
}

function firstWrong(node: Node): Node | undefined {
  for (const child of node.children) {
    const found = child?.hasError || child?.isMissing ? firstWrong(child) : undefined;
    if (found !== undefined) return found;
  }
  return node.isMissing || node.isError ? node : undefined;
}

function describe(wrong: Node): Problem {
  if (wrong.isMissing)
    return errorAt([], spanOf(wrong), 'not valid HCL: something is missing here', 'write key = value, or block "name" { … }');
  const first = /^\S{1,20}/.exec(wrong.text.trimStart())?.[0] ?? '';
  return errorAt(
    [],
    { ...spanOf(wrong), length: Math.max(1, first.length) },
    `not valid HCL: did not expect ${JSON.stringify(first)} here`,
    'write key = value, or block "name" { … }',
  );
}
