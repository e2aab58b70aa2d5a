/** A parsed filter. `value` is absent for the `empty` operators. */
export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly left: FilterNode; readonly right: FilterNode }
  | { readonly kind: 'not'; readonly inner: FilterNode }
  | { readonly kind: 'match'; readonly selector: readonly string[]; readonly operator: Operator; readonly value: string };

/** The operators of a match, by the names that Consul's messages use. */
export type Operator = 'Equal' | 'Not Equal' | 'In' | 'Not In' | 'Is Empty' | 'Is Not Empty' | 'Matches' | 'Not Matches';

/** A filter that does not parse; the message has line, column and what was expected, as Consul prints it. */
export class FilterSyntaxError extends Error {}

const SPACE = '[ \\t\\r\\n]';
const SPACES = new Set([' ', '\t', '\r', '\n']);

/** Reads a filter in Consul's filter language; throws FilterSyntaxError. */
export function parseFilter(text: string): FilterNode {
  return new Reader(text).readAll();
}

class Reader {
  private readonly text: string;
  private at = 0;
  private farthest = 0;
  private expected = new Set<string>();

  constructor(text: string) {
    this.text = text;
  }

  readAll(): FilterNode {
    this.spaces(true);
    const node = this.or();
    this.spaces(true);
    if (node !== undefined && this.at === this.text.length) return node;
    if (node !== undefined) this.miss('EOF');
    throw this.syntaxError();
  }

  private or(): FilterNode | undefined {
    return this.chain('or', () => this.chain('and', () => this.not()));
  }

  private chain(word: 'and' | 'or', item: () => FilterNode | undefined): FilterNode | undefined {
    const left = item();
    if (left === undefined) return undefined;
    const start = this.at;
    if (this.spaces(false) && this.literal(word) && this.spaces(false)) {
      const right = this.chain(word, item);
      if (right !== undefined) return { kind: word, left, right };
    }
    this.at = start;
    return left;
  }

  private not(): FilterNode | undefined {
    const start = this.at;
    if (this.literal('not') && this.spaces(false)) {
      const inner = this.not();
      if (inner !== undefined) return inner.kind === 'not' ? inner.inner : { kind: 'not', inner };
    }
    this.at = start;
    return this.group() ?? this.match();
  }

  private group(): FilterNode | undefined {
    const start = this.at;
    if (this.literal('(')) {
      this.spaces(true);
      const inner = this.or();
      this.spaces(true);
      if (inner !== undefined && this.literal(')')) return inner;
    }
    this.at = start;
    return undefined;
  }

  private match(): FilterNode | undefined {
    const start = this.at;
    const selector = this.selector();
    if (selector !== undefined) {
      const after = this.at;
      for (const [words, operator, hasValue] of OPERATORS) {
        this.at = after;
        if (!this.words(words)) continue;
        if (!hasValue) return { kind: 'match', selector, operator, value: '' };
        const value = this.value();
        if (value !== undefined) return { kind: 'match', selector, operator, value };
      }
    }
    this.at = start;
    return this.membership();
  }

  private membership(): FilterNode | undefined {
    const start = this.at;
    const value = this.value();
    if (value !== undefined) {
      const after = this.at;
      for (const [words, operator] of [
        ['~in~', 'In'],
        ['~not~in~', 'Not In'],
      ] as const) {
        this.at = after;
        if (!this.words(words)) continue;
        const at = this.at;
        const selector = this.selector();
        if (selector !== undefined) return { kind: 'match', selector, operator, value };
        throw this.ruleError(at, 'match', 'Invalid selector');
      }
    }
    this.at = start;
    return undefined;
  }

  private selector(): readonly string[] | undefined {
    const first = this.identifier();
    if (first === undefined) return undefined;
    const path = [first];
    for (;;) {
      const start = this.at;
      const part = this.literal('.') ? this.identifier() : this.literal('[') ? this.index() : undefined;
      if (part === undefined) {
        this.at = start;
        return path;
      }
      path.push(part);
    }
  }

  private index(): string | undefined {
    this.spaces(true);
    const name = this.quoted();
    this.spaces(true);
    return name !== undefined && this.literal(']') ? name : undefined;
  }

  private identifier(): string | undefined {
    const found = /^[a-zA-Z][a-zA-Z0-9_/]*/.exec(this.text.slice(this.at))?.[0];
    if (found === undefined) {
      this.miss('[a-zA-Z]');
      return undefined;
    }
    this.at += found.length;
    this.miss('[a-zA-Z0-9_]');
    return found;
  }

  private value(): string | undefined {
    const start = this.at;
    const selector = this.selector();
    if (selector !== undefined) return selector.join('.');
    this.at = start;
    return this.number() ?? this.quoted();
  }

  private number(): string | undefined {
    for (const label of ['"-"', '"0"', '[1-9]']) this.miss(label);
    const found = /^-?(0|[1-9]\d*)(\.\d+)?/.exec(this.text.slice(this.at))?.[0];
    if (found === undefined) return undefined;
    this.at += found.length;
    const next = this.text[this.at];
    if (next !== undefined && next !== ')' && !SPACES.has(next))
      throw this.ruleError(this.at, 'number', 'Invalid number literal');
    return found;
  }

  private quoted(): string | undefined {
    const quote = this.text[this.at];
    if (quote !== '"' && quote !== '`') {
      this.miss('"\\""');
      this.miss('"`"');
      return undefined;
    }
    const end = this.text.indexOf(quote, this.at + 1);
    if (end < 0) throw this.ruleError(this.text.length, 'string', 'Unterminated string literal');
    const inner = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return quote === '"' ? inner.replaceAll('\\\\', '\\') : inner;
  }

  /** Reads a pattern of words: `~` is a space that must be there, `_` one that may. */
  private words(pattern: string): boolean {
    for (const part of pattern.split(/([~_])/).filter((piece) => piece !== '')) {
      if (part === '_') this.spaces(true);
      else if (part === '~' ? !this.spaces(false) : !this.literal(part)) return false;
    }
    return true;
  }

  private literal(word: string): boolean {
    if (this.text.startsWith(word, this.at)) {
      this.at += word.length;
      return true;
    }
    this.miss(`"${word}"`);
    return false;
  }

  private spaces(optional: boolean): boolean {
    const start = this.at;
    while (SPACES.has(this.text[this.at] ?? '')) this.at += 1;
    this.miss(SPACE);
    return optional || this.at > start;
  }

  private miss(label: string): void {
    if (this.at < this.farthest) return;
    if (this.at > this.farthest) this.expected = new Set();
    this.farthest = this.at;
    this.expected.add(label);
  }

  private syntaxError(): FilterSyntaxError {
    const labels = [...this.expected].sort();
    const last = labels.pop() ?? 'EOF';
    const list = labels.length === 0 ? last : `${labels.join(', ')} or ${last}`;
    return new FilterSyntaxError(`${this.position(this.farthest)}: no match found, expected: ${list}`);
  }

  private ruleError(at: number, rule: string, message: string): FilterSyntaxError {
    return new FilterSyntaxError(`${this.position(at)}: rule "${rule}": ${message}`);
  }

  private position(at: number): string {
    const before = this.text.slice(0, at).split('\n');
    return `${before.length}:${(before.at(-1) ?? '').length + 1} (${at})`;
  }
}

const OPERATORS: readonly (readonly [string, Operator, boolean])[] = [
  ['_==_', 'Equal', true],
  ['_!=_', 'Not Equal', true],
  ['~is~empty', 'Is Empty', false],
  ['~is~not~empty', 'Is Not Empty', false],
  ['~contains~', 'In', true],
  ['~not~contains~', 'Not In', true],
  ['~matches~', 'Matches', true],
  ['~not~matches~', 'Not Matches', true],
];
