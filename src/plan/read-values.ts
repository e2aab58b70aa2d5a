import type { Diagnostic } from './diagnostic.js';
import type { GivenValue } from './given-values.js';
import { spelling } from './node.js';
import { errorAt, place } from './problem.js';
import { readYaml } from './yaml.js';

/** Reads a file of values: a YAML or JSON map of names to plain values. */
export function readValues(
  text: string,
  file: string,
): { readonly values: ReadonlyMap<string, GivenValue>; readonly diagnostics: readonly Diagnostic[] } {
  const { roots, problems } = readYaml(text);
  const [root] = roots;
  const values = new Map<string, GivenValue>();
  const wrong = [...problems];
  if (root !== undefined && root.kind !== 'map')
    wrong.push(errorAt([], root.span, 'a file of values is a map', 'write name: value'));
  for (const { key, keySpan, value } of root?.kind === 'map' ? root.entries : []) {
    if (value.kind === 'scalar' && value.value !== null)
      values.set(key, { text: spelling(value), from: `${file}:${keySpan.line}` });
    else wrong.push(errorAt([key], keySpan, `"${key}" is no plain value`, 'write a text, a number, true or false'));
  }
  return { values, diagnostics: wrong.map((problem) => place(problem, file)) };
}
