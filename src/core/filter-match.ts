import type { Field } from './filter-fields.js';

/** The operators of a comparison, as they are written; each but those with `empty` has its `not`. */
export type Operator =
  | '=='
  | '!='
  | 'in'
  | 'not in'
  | 'contains'
  | 'not contains'
  | 'matches'
  | 'not matches'
  | 'is empty'
  | 'is not empty';

/** What is wrong with a comparison, with what to write instead; `FIELD` in the hint stands for the selector. */
interface Incomparable {
  readonly about: 'operator' | 'value';
  readonly message: string;
  readonly hint: string;
}

/** Why Consul would not compare a field so; undefined when it would. */
export function refuseComparison(field: Field, operator: Operator, value: string): Incomparable | undefined {
  const fits = operatorsOf(field);
  const kind = operator.replace('not ', '').replace('!=', '==').replace('contains', 'in');
  if (!fits.includes(kind))
    return {
      about: 'operator',
      message: `${operator} cannot be asked of ${describeField(field)}`,
      hint: fits.length === 0 ? 'name a field in it' : `it takes ${fits.map((fit) => EXAMPLES[fit]).join(', ')}`,
    };
  if (field === 'integer' && !isInteger(value))
    return { about: 'value', message: `${JSON.stringify(value)} is no whole number`, hint: 'write digits' };
  if (field === 'boolean' && !BOOLEANS.includes(value))
    return { about: 'value', message: `${JSON.stringify(value)} is neither true nor false`, hint: 'write true or false' };
  return kind === 'matches' ? refusePattern(value) : undefined;
}

const BOOLEANS = ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False'];
const EXAMPLES: Readonly<Record<string, string>> = {
  '==': '== and !=',
  in: '"value" in FIELD',
  matches: 'matches',
  'is empty': 'is empty',
};

function operatorsOf(field: Field): readonly string[] {
  if (field === 'text') return ['==', 'in', 'matches'];
  if (field === 'integer' || field === 'boolean') return ['=='];
  if (field === 'map' || field === 'texts' || (typeof field === 'object' && 'values' in field)) return ['in', 'is empty'];
  return typeof field === 'object' && 'rows' in field ? ['is empty'] : [];
}

function describeField(field: Field): string {
  if (field === 'text') return 'a text';
  if (field === 'integer') return 'a number';
  if (field === 'boolean') return 'a yes or no';
  if (field === 'texts') return 'a list of texts';
  if (field === 'map' || 'values' in field) return 'a map';
  return 'rows' in field ? 'a list of records' : 'a record';
}

/** As Go's ParseInt takes it with base 0, in 64 bits. */
function isInteger(value: string): boolean {
  if (!/^[+-]?(?:0|[1-9][0-9]*(?:_[0-9]+)*|0[xX](?:_?[0-9a-fA-F]+)+|0[oO]?(?:_?[0-7]+)+|0[bB](?:_?[01]+)+)$/.test(value))
    return false;
  const digits = value
    .replace(/^[+-]/, '')
    .replaceAll('_', '')
    .replace(/^0(?=[0-7])/, '0o');
  const size = BigInt(digits);
  return size < 2n ** 63n || (value.startsWith('-') && size === 2n ** 63n);
}

function refusePattern(pattern: string): Incomparable | undefined {
  if (compilePattern(pattern) !== undefined) return undefined;
  const message = `${JSON.stringify(pattern)} is no regular expression of Go`;
  return { about: 'value', message, hint: 'it knows no look-ahead, no back-reference; write a plain one, like `^v?2[.]`' };
}

/** A regular expression of Go (RE2) as one of JavaScript; undefined where Go would refuse it, told by the differences that matter. */
export function compilePattern(pattern: string): RegExp | undefined {
  if (/\(\?<?[=!]/.test(pattern)) return undefined;
  // Escapes that only JavaScript takes: references back, and letters that mean nothing to Go.
  if (/(?<!\\)(?:\\\\)*\\(?:[1-9]|[ceghijklmoquyGHIJKLMNORTUVXYZ])/.test(pattern)) return undefined;
  const alike = pattern
    .replaceAll('(?P<', '(?<')
    .replace(/\(\?[imsU-]+([:)])/g, (_, end: string) => (end === ':' ? '(?:' : '(?:)'));
  try {
    return new RegExp(alike, /\(\?\w*i/.test(pattern) ? 'i' : '');
  } catch {
    return undefined;
  }
}
