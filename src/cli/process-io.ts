import { COLOUR, PLAIN } from '../view/style.js';
import type { Io, Unread } from './io.js';
import { Terminal } from './terminal.js';

const WIDTH = 80;

/** The real process: its streams, its environment, its signals. */
export function processIo(): Io {
  const { stdout, stderr } = process;
  // What is taken out of the process's own environment later stays known here.
  const env = { ...process.env };
  const dumb = env.TERM === 'dumb';
  const plain =
    dumb ||
    (env.NO_COLOR !== undefined && env.NO_COLOR !== '') ||
    process.argv.includes('--no-color') ||
    (!stdout.isTTY && !env.FORCE_COLOR);
  const attending = new Set<Attending>();
  // A reader that went away is no error of ours: what nobody reads is dropped.
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => void (GONE.has(error.code ?? '') && tellUnread(attending)));
  const terminal = new Terminal(process.stdin, stdout, dumb);
  return {
    env,
    out: (text) => terminal.write(stdout, text),
    err: (text) => terminal.write(stderr, text),
    terminal: { live: stdout.isTTY === true && !dumb, columns: () => stdout.columns || WIDTH, unicode: isUnicode(env) },
    style: plain ? PLAIN : COLOUR,
    readStdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    },
    ...(process.stdin.isTTY && stdout.isTTY ? { ask: (question, needless) => terminal.ask(question, needless) } : {}),
    onInterrupt: (handler, unread) => {
      const one: Attending = { handler, unread, told: false };
      const onInterrupt = (): void => {
        one.told = true;
        handler();
      };
      const onHangup = (): void => tellOnce(one);
      attending.add(one);
      process.on('SIGINT', onInterrupt);
      process.on('SIGTERM', onInterrupt);
      process.on('SIGHUP', onHangup);
      return () => {
        attending.delete(one);
        process.off('SIGINT', onInterrupt);
        process.off('SIGTERM', onInterrupt);
        process.off('SIGHUP', onHangup);
      };
    },
  };
}

/** What a write to a pipe without a reader, or to a terminal that was closed, fails with. */
const GONE = new Set(['EPIPE', 'EIO']);

/** Who hears of interrupts now. */
interface Attending {
  readonly handler: () => void;
  readonly unread: Unread;
  told: boolean;
}

/** Every line that is dropped comes here. */
function tellUnread(attending: Iterable<Attending>): void {
  for (const one of attending) {
    if (one.unread === 'ends') process.exit(0);
    if (one.unread === 'interrupts') tellOnce(one);
  }
}

/** A terminal that is closed hangs up, often twice, and then takes no line: all that is one interrupt, for a second one would leave at once. */
function tellOnce(one: Attending): void {
  if (one.told) return;
  one.told = true;
  one.handler();
}

/** By the rule of POSIX: the first of these that is set tells the character set. */
function isUnicode({ LC_ALL, LC_CTYPE, LANG }: NodeJS.ProcessEnv): boolean {
  return /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}
