import { suggest } from '../core/suggest.js';
import type { GivenValues } from './given-values.js';
import { child, type Entry, mapScalars, type PlanNode, type Reference, type ScalarNode, spelling } from './node.js';
import { errorAt, type Problem, type Syntax, warningAt } from './problem.js';
import { VARIABLE_NAME } from './template.js';

/** A tree with the values of its variables in their places; `values` are those that it uses, as text. With an error among the problems it means nothing. */
export interface Substituted {
  readonly root: PlanNode;
  readonly problems: readonly Problem[];
  /** A warning for each variable that it does not use, which another tree of the file may. */
  readonly unused: readonly Problem[];
  readonly values: Readonly<Record<string, string>>;
  readonly declared: readonly string[];
}

const SECRET = /(?:^|_)(?:password|passwd|secret|token|api_?key)$/i;

/** Puts the values of a plan's variables into their places: those that are given, else the defaults. Tells of variables that are not there, have no value, or are not used. */
export function substitute(root: PlanNode, given: GivenValues, syntax: Syntax): Substituted {
  const declarations = child(root, 'variables');
  const declared = new Map((declarations?.kind === 'map' ? declarations.entries : []).map((entry) => [entry.key, entry]));
  const texts = new Map([...declared].map(([name, entry]) => [name, given.find(name)?.text ?? defaultOf(entry)]));
  const used = new Set<string>();
  const problems: Problem[] = [];
  const fill = (scalar: ScalarNode, path: readonly (string | number)[]): ScalarNode => {
    if (scalar.template === undefined) return scalar;
    const references = scalar.template.filter((part) => typeof part !== 'string');
    if (path[0] === 'variables' && references[0] !== undefined) {
      problems.push(
        errorAt(path, references[0].span, 'a variable is a plain value, and names no other', 'write the value itself'),
      );
      return scalar;
    }
    for (const reference of references) {
      used.add(reference.name);
      const wrong = declared.has(reference.name) ? undefined : notDeclared(reference, [...declared.keys()], syntax);
      if (wrong !== undefined) problems.push(errorAt(path, reference.span, ...wrong));
    }
    const value = scalar.template.map((part) => (typeof part === 'string' ? part : (texts.get(part.name) ?? ''))).join('');
    const from = [...new Set(references.map(({ name }) => name))];
    return { kind: 'scalar', span: scalar.span, value, source: value, ...(from.length === 0 ? {} : { from }) };
  };
  const filled = mapScalars(root, fill);
  const entries = [...declared.values()];
  problems.push(...entries.flatMap((entry) => (used.has(entry.key) ? checkVariable(entry, texts.get(entry.key)) : [])));
  const unused = entries.filter(({ key }) => !used.has(key)).map(warnOfUnused);
  const values = [...texts].flatMap(([name, text]) => (text === undefined || !used.has(name) ? [] : [[name, text] as const]));
  return { root: filled, problems, unused, values: Object.fromEntries(values), declared: [...declared.keys()] };
}

function warnOfUnused({ key, keySpan }: Entry): Problem {
  const message = `the variable "${key}" is used nowhere`;
  return warningAt(['variables', key], keySpan, message, `write \${var.${key}} where its value belongs`);
}

function checkVariable({ key, keySpan }: Entry, text: string | undefined): Problem[] {
  const path = ['variables', key];
  if (text === undefined) {
    const hint = `type --var ${key}=…, set SPLITTER_VAR_${key}, or give it a default`;
    return [errorAt(path, keySpan, `the variable "${key}" has no value`, hint)];
  }
  if (!SECRET.test(key)) return [];
  const message = `the values of variables are kept with the plan and shown; "${key}" sounds like a secret`;
  return [warningAt(path, keySpan, message, 'keep secrets in files, and let the variable name the file')];
}

function defaultOf({ value }: Entry): string | undefined {
  const node = child(value, 'default');
  return node?.kind === 'scalar' && node.value !== null ? spelling(node) : undefined;
}

function notDeclared({ name }: Reference, declared: readonly string[], syntax: Syntax): [message: string, hint: string] {
  if (!VARIABLE_NAME.test(name)) return ['this names no variable', 'write ${var.name}; for the text itself write $${var.…}'];
  const near = suggest(name, declared);
  const add = syntax === 'hcl' ? `add variable "${name}" { default = … }` : `add variables: { ${name}: { default: … } }`;
  return [`there is no variable "${name}" in this plan`, near === undefined ? add : `did you mean "${near}"?`];
}
