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

/** A field that a filter asks for: its names, and where it begins. */
interface FilterSelector {
  readonly offset: number;
  readonly parts: readonly string[];
}

interface Mark {
  readonly offset: number;
  readonly selectors: number;
}

/** A place in a filter, moved forward by reading the words of go-bexpr. */
export type Cursor = CursorAt;

const ESCAPES =
  /^(?:[^\\\n]|\\(?:[abfnrtv\\]|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U0000(?![dD][89a-fA-F])[0-9a-fA-F]{4}|U000[1-9a-fA-F][0-9a-fA-F]{4}|U0010[0-9a-fA-F]{4}))*$/;
const QUOTE = 'put the value in double quotes, as in Service.Meta.version == "1.2.3"';

/** Reads the words of a filter from left to right and remembers the fields that it asks for. */
export class CursorAt {
  readonly selectors: FilterSelector[] = [];
  readonly #text: string;
  offset = 0;

  constructor(text: string) {
    this.#text = text;
  }

  mark(): Mark {
    return { offset: this.offset, selectors: this.selectors.length };
  }

  reset(mark: Mark): void {
    this.offset = mark.offset;
    this.selectors.length = mark.selectors;
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
  operator(operators: readonly string[]): boolean {
    return operators.some((operator) => this.#operator(operator));
  }

  /** A field, as in `Service.Meta.version` or `Service.Meta["my-key"]`. */
  selector(): boolean {
    const offset = this.offset;
    const first = this.#match(/[a-zA-Z][a-zA-Z0-9_]*/y);
    if (first === undefined) return false;
    const parts = [first];
    for (let next = this.#part(); next !== undefined; next = this.#part()) parts.push(next);
    this.selectors.push({ offset, parts });
    return true;
  }

  /** Whether a number or a quoted text begins here. */
  atValue(): boolean {
    return /["`0-9-]/.test(this.#text.charAt(this.offset));
  }

  /** A value: a bare word, a number, or a text in double quotes or backticks. */
  value(): void {
    const start = this.mark();
    if (this.selector()) {
      this.selectors.length = start.selectors;
      return;
    }
    if (this.#number() || this.#string() !== undefined) return;
    throw new FilterError(this.offset, 'a value is expected here', QUOTE);
  }

  /** `value in field`. */
  valueIn(): boolean {
    const start = this.mark();
    this.value();
    if (this.operator(['in', 'not in']) && this.selector()) return true;
    this.reset(start);
    return false;
  }

  #operator(operator: string): boolean {
    const start = this.offset;
    if (/^\W/.test(operator)) {
      this.blank();
      if (this.literal(operator)) {
        this.blank();
        return true;
      }
    } else if (
      operator.split(' ').every((word) => this.space() && this.literal(word)) &&
      (operator.endsWith('empty') || this.space())
    ) {
      return true;
    }
    this.offset = start;
    return false;
  }

  #part(): string | undefined {
    const start = this.offset;
    if (this.literal('.')) {
      const name = this.#match(/[a-zA-Z][a-zA-Z0-9_]*/y);
      if (name === undefined) this.offset = start;
      return name;
    }
    if (!this.literal('[')) return undefined;
    this.blank();
    const key = this.#string();
    if (key === undefined)
      throw new FilterError(this.offset, 'a quoted key is expected here', 'write it like Service.Meta["my-key"]');
    this.blank();
    if (!this.literal(']')) throw new FilterError(this.offset, 'a closing ] is expected here');
    return key;
  }

  #number(): boolean {
    const start = this.offset;
    if (this.#match(/-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?/y) === undefined) return false;
    if (this.atEnd() || /[ \t\r\n)]/.test(this.#text.charAt(this.offset))) return true;
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
    return inner;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.offset += found.length;
    return found;
  }
}
