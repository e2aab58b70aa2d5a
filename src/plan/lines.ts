import type { Span } from './node.js';

/** The lines of a text, to tell the place of a character. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (const match of text.matchAll(/\n/g)) this.#starts.push(match.index + 1);
  }

  /** The span from one offset to another, as far as it stays on its first line. */
  spanAt(start: number, end: number): Span {
    let [low, high] = [0, this.#starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (this.#starts[middle]! <= start) low = middle;
      else high = middle;
    }
    const nextLine = this.#starts[low + 1] ?? Number.POSITIVE_INFINITY;
    return { line: low + 1, column: start - this.#starts[low]! + 1, length: Math.max(0, Math.min(end, nextLine - 1) - start) };
  }
}
