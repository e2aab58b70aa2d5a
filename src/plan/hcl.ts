import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { readRollouts } from './hcl-blocks.js';
import { findSyntaxError } from './hcl-syntax.js';
import { errorAt } from './problem.js';
import type { Trees } from './yaml.js';

const GRAMMAR = '@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-hcl.wasm';
let language: Promise<Language> | undefined;

/** Reads HCL into trees, one for each `rollout "service" { … }` and `group "name" { … }`; or as `read` makes them of a text without a syntax error. */
export async function readHcl(text: string, read: (root: Node) => Trees = readRollouts): Promise<Trees> {
  language ??= Parser.init().then(() => Language.load(createRequire(import.meta.url).resolve(GRAMMAR)));
  const grammar = await language;
  const parser = new Parser().setLanguage(grammar);
  const tree = parser.parse(text);
  try {
    if (tree === null) return { roots: [], problems: [errorAt([], { line: 1, column: 1, length: 1 }, 'not valid HCL')] };
    const wrong = findSyntaxError(tree.rootNode, text);
    return wrong === undefined ? read(tree.rootNode) : { roots: [], problems: [wrong] };
  } finally {
    tree?.delete();
    parser.delete();
  }
}
