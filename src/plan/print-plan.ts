import { Document, isPair, isScalar, visit } from 'yaml';
import { isRecord } from '../core/is-record.js';
import type { Text } from './plan-text.js';
import { hclKey, printHclValue, quoteHcl } from './print-hcl.js';
import { escapeReferences } from './template.js';

const BLOCKS: Readonly<Record<string, string>> = {
  variables: 'variable',
  subsets: 'subset',
  legs: 'leg',
  steps: 'step',
  signals: 'signal',
  checks: 'check',
  hooks: 'hook',
  notify: 'notify',
};
const SCHEDULE_BLOCKS: Readonly<Record<string, string>> = { windows: 'window', freeze: 'freeze' };

const MOST_IN_A_LINE = 3;

/** A plan, given in its written names, as YAML. */
export function printYaml(plan: Text): string {
  const document = new Document(withoutReferences(plan));
  visit(document, {
    Map: (_, map, path) => {
      const small = map.items.length <= MOST_IN_A_LINE && map.items.every(({ value }) => isScalar(value));
      if (isPair(path.at(-1)) && small) map.flow = true;
    },
  });
  return document.toString({ lineWidth: 0 });
}

/** The same, as it has to stand in YAML or JSON so that no text of it names a variable. */
export function withoutReferences<T>(value: T): T {
  const escaped = (part: unknown): unknown => {
    if (typeof part === 'string') return escapeReferences(part);
    if (Array.isArray(part)) return part.map(escaped);
    return isRecord(part) ? Object.fromEntries(Object.entries(part).map(([key, one]) => [key, escaped(one)])) : part;
  };
  return escaped(value) as T;
}

/** A plan, given in its written names, as HCL. */
export function printHcl({ service, ...plan }: Text): string {
  return `rollout ${quoteHcl(String(service))} {\n${printBody(plan, '  ', BLOCKS)}}\n`;
}

function printBody(body: Text, indent: string, blocks: Readonly<Record<string, string>> = {}): string {
  return Object.entries(body)
    .map(([key, value]) => printEntry(key, value, indent, blocks[key]))
    .join('');
}

function printEntry(key: string, value: unknown, indent: string, block: string | undefined): string {
  if (block !== undefined && Array.isArray(value))
    return value.map(({ name, ...item }: Text) => printBlock(block, name, item, indent)).join('');
  if (block !== undefined && isRecord(value))
    return Object.entries(value)
      .map(([name, item]) => printBlock(block, name, item as Text, indent))
      .join('');
  // Names of other people's making (of a header, of a dimension) may be none that a block takes.
  if (isRecord(value) && Object.keys(value).every((name) => hclKey(name) === name))
    return printBlock(key, undefined, value, indent, key === 'schedule' ? SCHEDULE_BLOCKS : undefined);
  return `${indent}${key} = ${printHclValue(value, indent)}\n`;
}

function printBlock(
  block: string,
  name: unknown,
  body: Text,
  indent: string,
  blocks: Readonly<Record<string, string>> = {},
): string {
  const head = `${indent}${block}${name === undefined ? '' : ` ${quoteHcl(String(name))}`} {`;
  const entries = Object.entries(body);
  const [first] = entries;
  if (first === undefined) return `${head}}\n`;
  const [key, value] = first;
  if (entries.length === 1 && !isRecord(value) && !Array.isArray(value)) return `${head} ${key} = ${printHclValue(value)} }\n`;
  return `${head}\n${printBody(body, `${indent}  `, blocks)}${indent}}\n`;
}
