// Terminals that know synchronised output show a frame at once; the others pass over it.
const BEGIN = '\u001b[?2026h';
const END = '\u001b[?2026l';

/** Redraws a block of lines in place: cursor up over its own rows, never a full clear, one frame stays when it ends. */
export class Screen {
  readonly #write: (text: string) => void;
  readonly #columns: () => number;
  #lengths: readonly number[] = [];

  constructor(write: (text: string) => void, columns: () => number) {
    this.#write = write;
    this.#columns = columns;
  }

  /** Draws these lines over the last ones. Lines must padTo the width; colour codes do not count. */
  draw(lines: readonly string[]): void {
    // A terminal that has become narrower since has broken the last lines anew.
    const columns = this.#columns();
    const rows = this.#lengths.reduce((sum, length) => sum + Math.max(1, Math.ceil(length / columns)), 0);
    const up = rows === 0 ? '' : `\u001b[${rows}A\r`;
    const body = lines.map((line) => `${line}\u001b[K\n`).join('');
    this.#write(`${BEGIN}${up}${body}\u001b[J${END}`);
    this.#lengths = lines.map(visibleLength);
  }
}

/** The number of columns that a line takes: escape codes take none. */
export function visibleLength(line: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape codes begin with one
  return line.replace(/\u001b\[[0-9;]*m/g, '').length;
}
