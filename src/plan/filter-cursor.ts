import type { Operator } from '../core/filter-match.js';

/** A filter that Consul would refuse, at a character of it. */
export class FilterError extends Error {
  readonly offset: number;
  readonly hint: string | undefined;

  constructor(offset: number, message: string, hint?: string) {
    super(message);
    this.offset = offset;
    this.hint = hint;
  }
}

/** A field that a filter asks for: its names, and where each begins. */
export interface FilterSelector {
  readonly parts: readonly string[];
  readonly offsets: readonly number[];
}

/** One comparison of a filter; the value is empty for `is empty`, and the offsets are those of operator and value. */
export interface FilterMatch {
  readonly selector: FilterSelector;
  readonly operator: Operator;
  readonly operatorAt: number;
  readonly value: string;
  readonly valueAt: number;
}

interface Mark {
  readonly offset: number;
  readonly matches: number;
}

interface Read<T> {
  readonly is: T;
  readonly at: number;
}

/** A place in a filter, moved forward by reading the words of go-bexpr. */
export type Cursor = CursorAt;

const ESCAPES =
  /^(?:[^\\\n]|\\(?:[abfnrtv\\]|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U0000(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U000[1-9a-fA-F][0-9a-fA-F]{4}|U0010[0-9a-fA-F]{4}))*$/;
const NAME = /[a-zA-Z][a-zA-Z0-9_/]*/y;
const QUOTE = 'put the value in double quotes, as in Service.Meta.version == "1.2.3"';

/** Reads the words of a filter from left to right and remembers the comparisons that it makes. */
export class CursorAt {
  readonly matches: FilterMatch[] = [];
  readonly #text: string;
  offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  mark(): Mark {
    return { offset: this.offset, matches: this.matches.length };
  }

  reset(mark: Mark): void {
    this.offset = mark.offset;
    this.matches.length = mark.matches;
  }

  atEnd(): boolean {
    return this.offset >= this.#text.length;
  }

  literal(text: string): boolean {
    if (!this.#text.startsWith(text, this.offset)) return false;
    this.offset += text.length;
    return true;
  }

  /** White space, if any. */
  blank(): void {
    this.#match(/[ \t\r\n]*/y);
  }

  /** White space, at least one character of it. */
  space(): boolean {
    return this.#match(/[ \t\r\n]+/y) !== undefined;
  }

  /** A word with white space on both sides. */
  spacedWord(word: string): boolean {
    const start = this.offset;
    if (this.space() && this.literal(word) && this.space()) return true;
    this.offset = start;
    return false;
  }

  /** One of the operators: signs with or without space around them, words with it (none is needed after `empty`). */
  operator(operators: readonly Operator[]): Read<Operator> | undefined {
    for (const operator of operators) {
      const at = this.#operator(operator);
      if (at !== undefined) return { is: operator, at };
    }
    return undefined;
  }

  /** Remembers a comparison that was read. */
  match(selector: FilterSelector, operator: Read<Operator>, value: Read<string>): void {
    this.matches.push({ selector, operator: operator.is, operatorAt: operator.at, value: value.is, valueAt: value.at });
  }

  /** A field, as in `Service.Meta.version` or `Service.Meta["my-key"]`. */
  selector(): FilterSelector | undefined {
    const offset = this.offset;
    const first = this.#match(NAME);
    if (first === undefined) return undefined;
    const [parts, offsets] = [[first], [offset]];
    for (let next = this.#part(); next !== undefined; next = this.#part()) {
      parts.push(next.is);
      offsets.push(next.at);
    }
    return { parts, offsets };
  }

  /** Whether a number or a quoted text begins here. */
  atValue(): boolean {
    return /["`0-9-]/.test(this.#text.charAt(this.offset));
  }

  /** A value: a bare word, a number, or a text in double quotes or backticks. */
  value(): Read<string> {
    const at = this.offset;
    const bare = this.selector()?.parts.join('.') ?? this.#number() ?? this.#string();
    if (bare === undefined) throw new FilterError(this.offset, 'a value is expected here', QUOTE);
    return { is: bare, at };
  }

  /** `value in field`. */
  valueIn(): boolean {
    const start = this.mark();
    const value = this.value();
    const operator = this.operator(['in', 'not in']);
    const selector = operator === undefined ? undefined : this.selector();
    if (operator !== undefined && selector !== undefined) {
      this.match(selector, operator, value);
      return true;
    }
    this.reset(start);
    return false;
  }

  /** Where the operator stood; undefined, with the cursor where it was, when it is another. */
  #operator(operator: string): number | undefined {
    const start = this.offset;
    this.blank();
    const at = this.offset;
    this.offset = start;
    if (/^\W/.test(operator)) {
      this.blank();
      if (this.literal(operator)) {
        this.blank();
        return at;
      }
    } else if (
      operator.split(' ').every((word) => this.space() && this.literal(word)) &&
      (operator.endsWith('empty') || this.space())
    ) {
      return at;
    }
    this.offset = start;
    return undefined;
  }

  #part(): Read<string> | undefined {
    const start = this.offset;
    if (this.literal('.')) {
      const at = this.offset;
      const name = this.#match(NAME);
      if (name === undefined) this.offset = start;
      return name === undefined ? undefined : { is: name, at };
    }
    if (!this.literal('[')) return undefined;
    this.blank();
    const at = this.offset;
    const key = this.#string();
    if (key === undefined)
      throw new FilterError(this.offset, 'a quoted key is expected here', 'write it like Service.Meta["my-key"]');
    this.blank();
    if (!this.literal(']')) throw new FilterError(this.offset, 'a closing ] is expected here');
    return { is: key, at };
  }

  #number(): string | undefined {
    const start = this.offset;
    const number = this.#match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/y);
    if (number === undefined) return undefined;
    if (this.atEnd() || /[ \t\r\n)]/.test(this.#text.charAt(this.offset))) return number;
    throw new FilterError(start, 'a bare value that starts with a digit must be a plain number', QUOTE);
  }

  #string(): string | undefined {
    const start = this.offset;
    const quote = this.#text.charAt(start);
    if (quote !== '"' && quote !== '`') return undefined;
    const end = this.#text.indexOf(quote, start + 1);
    if (end < 0) throw new FilterError(start, 'this text is never closed', `add a ${quote} at its end`);
    const inner = this.#text.slice(start + 1, end);
    if (quote === '"' && !ESCAPES.test(inner)) {
      throw new FilterError(start, 'a text in double quotes takes no backslash, quote or line break', 'put it in backticks');
    }
    this.offset = end + 1;
    return quote === '"' ? inner.replaceAll('\\\\', '\\') : inner;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.offset += found.length;
    return found;
  }
}
