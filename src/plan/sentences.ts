import type { z } from 'zod';
import { suggest } from '../core/suggest.js';
import { find, type Path, type PlanNode } from './node.js';
import { errorAt, type Problem, type Syntax } from './problem.js';
import { STEP_SCHEMAS } from './schema.js';
import { keysAt, stepKind, stepKinds } from './schema-keys.js';
import { SOURCES } from './schema-sources.js';

type Issue = z.core.$ZodIssue;

const ARROW = ' -> ';
const BLOCKS: Readonly<Record<string, string>> = {
  variables: 'variable',
  subsets: 'subset',
  legs: 'leg',
  steps: 'step',
  signals: 'signal',
  notify: 'notify',
  waves: 'wave',
};
const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};

/** What it takes to say where an issue is and what was written there; `name` and `schema` where the document is no plan. */
interface Written {
  readonly root: PlanNode;
  readonly value: unknown;
  readonly syntax: Syntax;
  readonly name?: string;
  readonly schema?: z.core.$ZodType;
}

/** The issues that the schema found, as sentences for people, each with its place. */
export function describeIssues(issues: readonly Issue[], written: Written): Problem[] {
  const problems = issues.flatMap((issue) => describe(issue, pathOf(issue), written));
  const misspelt = new Set(
    problems.flatMap((p) => /^did you mean "(.+)"\?$/.exec(p.hint ?? '')?.[1] ?? []).map((key) => `add "${key}"`),
  );
  return problems.filter((p) => !misspelt.has(p.hint ?? ''));
}

function describe(issue: Issue, path: Path, written: Written): Problem[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, written));
  if (issue.code === 'invalid_key') return [invalidKey(issue, path)];
  const node = find(written.root, path);
  if (node === undefined)
    return [
      errorAt(path, 'key', `${where(path.slice(0, -1), written.name)} has no "${path.at(-1)}"`, hintForMissing(path, written)),
    ];
  if (node.kind === 'scalar' && node.value === null)
    return [errorAt(path, 'key', `${where(path)} has no value`, hintOf(issue.message))];
  if (issue.code === 'invalid_union' && path[0] === 'steps' && path.length === 2) return describeStep(issue, path, node, written);
  if (issue.code === 'invalid_union' && 'discriminator' in issue) {
    return describe({ ...issue, code: 'invalid_value', values: [...SOURCES], input: undefined, message: '' }, path, written);
  }
  return [describeValue(issue, path, node)];
}

function describeValue(issue: Issue, path: Path, node: PlanNode): Problem {
  const subject = `${where(path)} is ${show(node)}`;
  if (path.at(-1) === 'version' && node.kind === 'scalar' && typeof node.value === 'number') {
    const message = `${subject}, a number, and a number forgets how it was written`;
    return errorAt(path, 'value', message, `write version: "${node.source}" in quotes`);
  }
  if (issue.message.includes(ARROW))
    return errorAt(path, 'value', `${subject}, which ${issue.message.split(ARROW)[0]}`, hintOf(issue.message));
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = KINDS[issue.expected] ?? issue.expected;
      const quoted = issue.expected === 'string' && node.kind === 'scalar' ? `write "${node.source}" in quotes` : undefined;
      return errorAt(path, 'value', `${where(path)} must be ${wanted}, not ${show(node)}`, quoted);
    }
    case 'invalid_value': {
      const near = node.kind === 'scalar' ? suggest(String(node.value), issue.values.map(String)) : undefined;
      const message = `${subject}, which is not ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
      return errorAt(path, 'value', message, near === undefined ? undefined : `did you mean "${near}"?`);
    }
    case 'too_small':
      if (issue.origin === 'string') return errorAt(path, 'value', `${where(path)} is empty`);
      if (issue.origin === 'array') return errorAt(path, 'value', `${where(path)} is an empty list`);
      return errorAt(
        path,
        'value',
        `${subject}, which is too small`,
        `write ${issue.inclusive ? `${issue.minimum} or more` : `more than ${issue.minimum}`}`,
      );
    case 'too_big':
      return errorAt(path, 'value', `${subject}, which is too big`, `write ${issue.maximum} or less`);
    default:
      return errorAt(path, 'value', `${subject}, which is not what is expected here`);
  }
}

function describeStep(issue: z.core.$ZodIssueInvalidUnion, path: Path, node: PlanNode, written: Written): Problem[] {
  const step = (written.value as { steps: unknown[] }).steps[path[1] as number];
  const kinds = stepKinds(step);
  const kind = stepKind(step);
  const all = Object.keys(STEP_SCHEMAS).join(', ');
  if (kind !== undefined) {
    const inner = issue.errors[Object.keys(STEP_SCHEMAS).indexOf(kind)] ?? [];
    return inner.flatMap((own) => describe(own, [...path, ...pathOf(own)], written));
  }
  if (kinds.length > 1) {
    return [
      errorAt(
        [...path, kinds[1]!],
        'key',
        `a step does one thing, and ${where(path)} has ${kinds.join(' and ')}`,
        'make them two steps',
      ),
    ];
  }
  if (node.kind === 'map' && node.entries.length > 0) return node.entries.map(({ key }) => unknownKey(path, key, written));
  return [errorAt(path, 'key', `${where(path)} does nothing`, `write one of ${all}`)];
}

function unknownKey(path: Path, key: string, { value, syntax, name, schema }: Written): Problem {
  if (path[0] === 'variables' && key === 'type') {
    return errorAt([...path, key], 'key', `${where(path)} has no type`, 'leave it out: its value is what its place takes');
  }
  const isStep = path[0] === 'steps' && path.length === 2;
  const known = isStep ? Object.keys(STEP_SCHEMAS) : keysAt(path, value, schema);
  const words = syntax === 'hcl' && path.length === 0 ? known.map((k) => BLOCKS[k] ?? k) : known;
  const near = suggest(key, words);
  const listed = `known here: ${words.filter((k) => k !== '$schema').join(', ')}`;
  const hint = near === undefined ? listed : near === key ? `write it as a block: ${key} { … }` : `did you mean "${near}"?`;
  return errorAt([...path, key], 'key', `unknown key "${key}" in ${where(path, name)}`, words.length > 0 ? hint : undefined);
}

function invalidKey(issue: z.core.$ZodIssueInvalidKey, path: Path): Problem {
  const message = issue.issues[0]?.message ?? '';
  return errorAt(path, 'key', `${JSON.stringify(path.at(-1))} ${message.split(ARROW)[0]}`, hintOf(message));
}

function hintForMissing(path: Path, { syntax }: Written): string | undefined {
  const key = String(path.at(-1));
  return syntax === 'hcl' && path.length === 1 && Object.hasOwn(BLOCKS, key) ? `add a ${BLOCKS[key]} block` : `add "${key}"`;
}

function hintOf(message: string): string | undefined {
  return message.split(ARROW)[1];
}

function pathOf(issue: Issue): Path {
  return issue.path.map((step) => (typeof step === 'number' ? step : String(step)));
}

/** A place in words: `the plan`, `subset "blue"`, `step 3`, `"by" of ramp of step 3`. */
function where(path: Path, whole = 'the plan'): string {
  const [first, second, ...rest] = path;
  if (first === undefined) return whole;
  const known = typeof first === 'string' ? BLOCKS[first] : undefined;
  if (second === undefined || known === undefined) return [...path].reverse().map(quoteStep).join(' of ');
  const item = typeof second === 'number' ? `${known} ${second + 1}` : `${known} "${second}"`;
  return [...rest.reverse().map(quoteStep), item].join(' of ');
}

function quoteStep(step: string | number): string {
  return typeof step === 'number' ? `item ${step + 1}` : `"${step}"`;
}

function show(node: PlanNode): string {
  if (node.kind !== 'scalar') return node.kind === 'list' ? 'a list' : 'a map';
  const text = typeof node.value === 'string' ? JSON.stringify(node.value) : node.source;
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
