import { clearScreenDown, cursorTo, moveCursor } from 'node:readline';
import { createInterface, type Interface } from 'node:readline/promises';

/** The terminal at which a person may be asked one question at a time; what is written meanwhile comes above the question. */
export class Terminal {
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  readonly #dumb: boolean;
  #open: Interface | undefined;

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream, dumb: boolean) {
    this.#input = input;
    this.#output = output;
    this.#dumb = dumb;
  }

  /** Writes to a stream of this terminal; an open question is taken away before and put back after, with what was typed so far. */
  write(stream: NodeJS.WriteStream, text: string): void {
    const open = this.#open;
    if (open === undefined || !stream.isTTY) {
      stream.write(text);
      return;
    }
    if (this.#dumb) stream.write('\n');
    else this.#clear(open);
    stream.write(text);
    open.prompt(true);
  }

  /** One line from the person; undefined where that is refused by Ctrl-C or Ctrl-D, or needless before it is answered. */
  async ask(question: string, needless?: AbortSignal): Promise<string | undefined> {
    if (needless?.aborted === true) return undefined;
    const lines = createInterface({ input: this.#input, output: this.#output });
    this.#open = lines;
    let open = true;
    const stop = (): void => {
      if (!open) return;
      open = false;
      if (this.#dumb) this.#output.write('\n');
      else this.#clear(lines);
      lines.close();
    };
    const refused = new Promise<undefined>((resolve) =>
      lines.once('close', () => {
        // Whatever is said about that begins on a line of its own.
        if (open) this.#output.write('\n');
        this.#open = undefined;
        resolve(undefined);
      }),
    );
    lines.once('SIGINT', () => lines.close());
    needless?.addEventListener('abort', stop);
    const answered = lines.question(question).then((line) => {
      open = false;
      return line;
    });
    try {
      return await Promise.race([answered, refused]);
    } finally {
      needless?.removeEventListener('abort', stop);
      lines.close();
    }
  }

  /** Takes the question off the screen; the cursor is then where it began. */
  #clear(open: Interface): void {
    const { rows } = open.getCursorPos();
    moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }
}
