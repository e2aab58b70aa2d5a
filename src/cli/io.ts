import type { Style } from '../view/style.js';

/** Everything a command may touch of the process: streams, environment, stdin; so that commands run in tests as they run in a shell. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Data goes here. */
  out(text: string): void;
  /** Words go here. */
  err(text: string): void;
  /** Whether stdout is a terminal that can redraw, how wide it is, and whether it shows more than ASCII. */
  readonly terminal: { readonly live: boolean; readonly columns: () => number; readonly unicode: boolean };
  readonly style: Style;
  readStdin(): Promise<string>;
  /** Asks a person; only there where one sits at a terminal. Undefined: answered by Ctrl-C or Ctrl-D, or no answer is needed any more. What is printed meanwhile comes above the question. */
  ask?(question: string, needless?: AbortSignal): Promise<string | undefined>;
  /** Calls back on Ctrl-C, SIGTERM or a terminal that hangs up until the returned function is called; `unread` says what it means meanwhile that nobody reads the output any more. */
  onInterrupt(handler: () => void, unread: Unread): () => void;
}

/** What a command does when its reader has gone away (head, grep -q): it ends quietly, goes on without, or takes it as an interrupt. */
export type Unread = 'ends' | 'goes-on' | 'interrupts';

/** An Io for one command: what it opened is closed when it has ended. */
export interface CommandIo extends Io {
  atEnd(close: () => void): void;
}

/** Prints one JSON document. */
export function printJson(io: Io, document: unknown): void {
  io.out(`${JSON.stringify(document, null, 2)}\n`);
}
