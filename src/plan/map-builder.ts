import type { Entry, Path, PlanNode, Span } from './node.js';
import { errorAt, type Problem } from './problem.js';

/** Collects the keys of one map and refuses a key that is there twice, with the same words in every language. */
export class MapBuilder {
  readonly #entries = new Map<string, Entry>();
  readonly #problems: Problem[];
  readonly #path: Path;

  constructor(path: Path, problems: Problem[]) {
    this.#path = path;
    this.#problems = problems;
  }

  /** Adds a key; a second one of the same name is reported and left out. */
  add(key: string, keySpan: Span, value: PlanNode): void {
    const first = this.#entries.get(key);
    if (first !== undefined) {
      const place = `${first.keySpan.line}:${first.keySpan.column}`;
      this.#problems.push(
        errorAt([...this.#path, key], keySpan, `duplicate key "${key}"`, `it is there already, at ${place}; keep one`),
      );
    } else if (key === '__proto__') {
      this.#problems.push(errorAt([...this.#path, key], keySpan, 'unknown key "__proto__"'));
    } else {
      this.#entries.set(key, { key, keySpan, value });
    }
  }

  /** The map so far. */
  build(span: Span): Extract<PlanNode, { kind: 'map' }> {
    return { kind: 'map', span, entries: [...this.#entries.values()] };
  }
}
