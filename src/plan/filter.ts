import { type Cursor, CursorAt, FilterError } from './filter-cursor.js';

/** What is wrong, or doubtful, in a filter; `offset` counts from its first character. */
interface FilterFinding {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

const DEEPEST = 100;
const ROOTS = ['Service', 'Node'];
const LIKE_THIS = 'write it like Service.Meta.version == "2"';

/**
 * Checks a filter by the grammar of go-bexpr 0.1 (the one in Consul 1.22), which Consul applies when a resolver is written.
 * Also warns about what Consul accepts but would match nothing. No findings: the filter is good.
 */
export function checkFilter(filter: string): readonly FilterFinding[] {
  if (filter.trim() === '') {
    return [
      {
        severity: 'error',
        offset: 0,
        message: 'the filter is empty, and to Consul an empty filter is every instance',
        hint: LIKE_THIS,
      },
    ];
  }
  const cursor = new CursorAt(filter);
  try {
    cursor.blank();
    readOr(cursor, 0);
    cursor.blank();
    if (!cursor.atEnd()) throw new FilterError(cursor.offset, 'and, or, or the end of the filter is expected here');
    return cursor.selectors.flatMap(doubtSelector);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return [
      {
        severity: 'error',
        offset: error.offset,
        message: `Consul would refuse this filter: ${error.message}`,
        hint: error.hint ?? LIKE_THIS,
      },
    ];
  }
}

function doubtSelector({ offset, parts }: { offset: number; parts: readonly string[] }): FilterFinding[] {
  if (parts[0] === 'Checks' || (parts.length > 1 && ROOTS.includes(parts[0]!))) return [];
  const message = `"${parts[0]}" is nothing that Consul knows of an instance, so this matches nothing`;
  return [
    { severity: 'warning', offset, message, hint: 'a filter starts with Service., Node. or Checks., as in Service.Meta.version' },
  ];
}

function readOr(cursor: Cursor, depth: number): void {
  if (depth > DEEPEST) throw new FilterError(cursor.offset, 'it is nested too deep');
  do readAnd(cursor, depth);
  while (cursor.spacedWord('or'));
}

function readAnd(cursor: Cursor, depth: number): void {
  do readNot(cursor, depth);
  while (cursor.spacedWord('and'));
}

function readNot(cursor: Cursor, depth: number): void {
  if (depth > DEEPEST) throw new FilterError(cursor.offset, 'it is nested too deep');
  const start = cursor.mark();
  if (cursor.literal('not') && cursor.space()) {
    try {
      readNot(cursor, depth + 1);
      return;
    } catch (error) {
      if (!(error instanceof FilterError)) throw error;
      cursor.reset(start);
      // `not` is also a possible name of a field: try that, and blame the operand if it fails too.
      if (readMatch(cursor)) return;
      throw error;
    }
  }
  cursor.reset(start);
  if (!cursor.literal('(')) {
    if (!readMatch(cursor)) throw new FilterError(cursor.offset, 'a comparison is expected here');
    return;
  }
  cursor.blank();
  readOr(cursor, depth + 1);
  cursor.blank();
  if (!cursor.literal(')'))
    throw new FilterError(cursor.offset, 'a closing ) is expected here', 'close the bracket, or join with and / or');
}

/** One comparison; false, with the cursor where it was, when there is none. */
function readMatch(cursor: Cursor): boolean {
  const start = cursor.mark();
  if (cursor.selector()) {
    const afterSelector = cursor.mark();
    if (cursor.operator(['==', '!=', 'contains', 'not contains', 'matches', 'not matches'])) {
      cursor.value();
      return true;
    }
    if (cursor.operator(['is empty', 'is not empty'])) return true;
    cursor.reset(start);
    if (!cursor.valueIn()) {
      cursor.reset(afterSelector);
      throw new FilterError(cursor.offset, '==, !=, in, contains, matches or is empty is expected here');
    }
    return true;
  }
  if (cursor.atValue()) {
    if (cursor.valueIn()) return true;
    throw new FilterError(
      cursor.offset,
      'after a value, in or not in is expected here',
      'the field comes first: Service.Meta.version == "2"',
    );
  }
  return false;
}
