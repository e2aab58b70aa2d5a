/** How long a line waits for others, ms: nobody reads faster, and hundreds of decisions a second cost few writes. */
const GATHER = 50;
const MOST = 64 * 1024;

/** Lines on their way to a stream whose every write is a call of the operating system. Order is kept. */
export class LineBuffer {
  readonly #write: (text: string) => void;
  #text = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  /** Takes a whole line; it is written at once only when many wait. */
  add(line: string): void {
    this.#text += line;
    if (this.#text.length >= MOST) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), GATHER);
  }

  /** Writes what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#text;
    this.#text = '';
    if (text !== '') this.#write(text);
  }
}
