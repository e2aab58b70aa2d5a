import { createInterface } from 'node:readline/promises';
import { COLOUR, PLAIN } from '../view/style.js';
import type { Io } from './io.js';

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
  // A reader that went away (head, grep -q) is no error of ours.
  for (const stream of [stdout, stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => void (error.code === 'EPIPE' && process.exit(0)));
  return {
    env,
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    terminal: { live: stdout.isTTY === true && !dumb, columns: () => stdout.columns ?? WIDTH },
    style: plain ? PLAIN : COLOUR,
    readStdin: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks).toString('utf8');
    },
    ...(process.stdin.isTTY && stdout.isTTY ? { ask } : {}),
    onInterrupt: (handler) => {
      process.on('SIGINT', handler);
      process.on('SIGTERM', handler);
      return () => {
        process.off('SIGINT', handler);
        process.off('SIGTERM', handler);
      };
    },
  };
}

/** One line from the person; an empty one where that is refused by Ctrl-C or Ctrl-D. */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const refused = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
  lines.once('SIGINT', () => lines.close());
  try {
    return await Promise.race([lines.question(question), refused]);
  } finally {
    lines.close();
  }
}
