import type { Field, Fields } from '../../core/filter-fields.js';
import { compilePattern, refuseComparison } from '../../core/filter-match.js';
import { Failure } from './failure.js';
import { type FilterNode, FilterSyntaxError, parseFilter } from './filter-syntax.js';

type Match = FilterNode & { readonly kind: 'match' };
type Predicate = (value: unknown) => boolean;

/** A predicate of the filter over values of these fields; 500 with Consul's words when it is not valid. An empty filter takes everything. */
export function compileFilter(text: string, fields: Fields): Predicate {
  if (text === '') return () => true;
  try {
    return compileNode(parseFilter(text), fields);
  } catch (error) {
    const reason = error instanceof FilterSyntaxError || error instanceof RefusedFilter ? error.message : undefined;
    if (reason === undefined) throw error;
    throw new Failure(500, `Failed to create boolean expression evaluator: ${reason}`);
  }
}

class RefusedFilter extends Error {}

function compileNode(node: FilterNode, fields: Fields): Predicate {
  if (node.kind === 'match') return compileMatch(node, node.selector, { record: fields }, []);
  if (node.kind === 'not') {
    const inner = compileNode(node.inner, fields);
    return (value) => !inner(value);
  }
  const left = compileNode(node.left, fields);
  const right = compileNode(node.right, fields);
  return node.kind === 'and' ? (value) => left(value) && right(value) : (value) => left(value) || right(value);
}

function compileMatch(match: Match, path: readonly string[], field: Field, seen: readonly string[]): Predicate {
  const [name, ...rest] = path;
  if (name === undefined) return compileTest(match, field, seen.join('.'));
  const here = [...seen, name];
  if (field === 'map') return compileEntry(match, name, rest, here);
  if (typeof field === 'string') throw new RefusedFilter(`Selector "${here.join('.')}" is not valid`);
  if ('values' in field) {
    const inner = compileMatch(match, rest, { record: field.values }, here);
    return (map) => inner((map as Readonly<Record<string, unknown>> | undefined)?.[name]);
  }
  const inner = ('rows' in field ? field.rows : field.record)[name];
  if (inner === undefined) throw new RefusedFilter(`Selector "${here.join('.')}" is not valid`);
  const test = compileMatch(match, rest, inner, here);
  const pick: Predicate = (value) => test((value as Readonly<Record<string, unknown>> | undefined)?.[name]);
  if ('record' in field) return pick;
  const negative = match.operator.includes('Not');
  return (rows) => (negative ? listOf(rows).every(pick) : listOf(rows).some(pick));
}

function compileEntry(match: Match, key: string, rest: readonly string[], seen: readonly string[]): Predicate {
  if (rest.length > 0) throw new RefusedFilter(`Selector "${[...seen, ...rest].join('.')}" is not valid`);
  const test = compileTest(match, 'text', seen.join('.'));
  const whenAbsent = match.operator.includes('Not');
  return (map) => {
    const value = (map as Readonly<Record<string, string>> | null)?.[key];
    return value === undefined ? whenAbsent : test(value);
  };
}

function compileTest(match: Match, field: Field, selector: string): Predicate {
  const { operator, value } = match;
  const negative = operator.includes('Not');
  const positive = compilePositive(match, field);
  if (positive === undefined) throw new RefusedFilter(`Invalid match operator "${operator}" for selector "${selector}"`);
  if ((field === 'integer' || field === 'boolean') && refuseComparison(field, '==', value) !== undefined) {
    const parse = field === 'integer' ? 'ParseInt' : 'ParseBool';
    throw new RefusedFilter(
      `Failed to coerce value "${value}" for selector "${selector}": strconv.${parse}: parsing "${value}": invalid syntax`,
    );
  }
  return negative ? (given) => !positive(given) : positive;
}

function compilePositive({ operator, value }: Match, field: Field): Predicate | undefined {
  const kind = operator.replace('Not ', '');
  const scalar = field === 'text' || field === 'integer' || field === 'boolean';
  if (kind === 'Equal') return scalar ? (given) => String(given ?? '') === value : undefined;
  if (kind === 'Matches') return field === 'text' ? matcher(value) : undefined;
  const record = typeof field === 'object' && 'record' in field;
  if (kind === 'Is Empty') return scalar || record ? undefined : (given) => sizeOf(given) === 0;
  if (field === 'text') return (given) => String(given ?? '').includes(value);
  if (field === 'texts') return (given) => ((given ?? []) as readonly string[]).includes(value);
  if (field === 'map' || (typeof field === 'object' && 'values' in field))
    return (given) => Object.hasOwn((given ?? {}) as object, value);
  return undefined;
}

function matcher(pattern: string): Predicate {
  const expression = compilePattern(pattern);
  if (expression === undefined) {
    const reason = /(?<!\\)\((?!.*\))/.test(pattern) ? 'missing closing )' : 'invalid pattern';
    throw new RefusedFilter(`Failed to compile regular expression "${pattern}": error parsing regexp: ${reason}: \`${pattern}\``);
  }
  return (given) => expression.test(String(given ?? ''));
}

function listOf(rows: unknown): readonly unknown[] {
  return Array.isArray(rows) ? rows : [];
}

function sizeOf(value: unknown): number {
  if (value === null || value === undefined) return 0;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}
