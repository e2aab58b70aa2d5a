import { refuseComparison } from '../core/filter-match.js';
import { findField, namesIn, nearestSelector } from '../core/filter-selector.js';
import { type Cursor, CursorAt, FilterError, type FilterMatch } from './filter-cursor.js';

/** What is wrong, or doubtful, in a filter; `offset` counts from its first character. */
interface FilterFinding {
  readonly severity: 'error' | 'warning';
  readonly offset: number;
  readonly message: string;
  readonly hint?: string;
}

const DEEPEST = 100;
const LIKE_THIS = 'write it like Service.Meta.version == "2"';

/**
 * Checks a filter by the grammar of go-bexpr 0.1 (the one in Consul 1.22), which Consul applies when a resolver is written, and by the fields of
 * an instance, which it applies only when it looks for some. No findings: Consul takes the filter and can evaluate it.
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
    return cursor.matches.flatMap(checkMatch);
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

/** Consul reads no more than the grammar when a resolver is written; what it asks of an instance it meets only when it looks for one. */
function checkMatch({ selector, operator, operatorAt, value, valueAt }: FilterMatch): FilterFinding[] {
  const { parts, offsets } = selector;
  const found = findField(parts);
  const never = 'Consul would keep this filter and never find an instance by it';
  if ('unknown' in found) {
    const near = nearestSelector(parts);
    const known = findField(parts.slice(0, found.unknown));
    const names = 'field' in known ? namesIn(known.field) : [];
    const where = found.unknown === 0 ? 'an instance' : parts.slice(0, found.unknown).join('.');
    const hint =
      near === undefined ? `known there: ${names.length === 0 ? 'nothing' : names.join(', ')}` : `did you mean ${near}?`;
    return [
      {
        severity: 'error',
        offset: offsets[found.unknown]!,
        message: `${never}: ${where} has no "${parts[found.unknown]}"`,
        hint,
      },
    ];
  }
  const refusal = refuseComparison(found.field, operator, value);
  if (refusal === undefined) return [];
  const { about, message, hint } = refusal;
  return [
    {
      severity: 'error',
      offset: about === 'value' ? valueAt : operatorAt,
      message: `${never}: ${message} (${parts.join('.')})`,
      hint: hint.replace('FIELD', parts.join('.')),
    },
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
  const selector = cursor.selector();
  if (selector !== undefined) {
    const afterSelector = cursor.mark();
    const operator = cursor.operator(['==', '!=', 'contains', 'not contains', 'matches', 'not matches']);
    if (operator !== undefined) {
      cursor.match(selector, operator, cursor.value());
      return true;
    }
    const empty = cursor.operator(['is empty', 'is not empty']);
    if (empty !== undefined) {
      cursor.match(selector, empty, { is: '', at: empty.at });
      return true;
    }
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
