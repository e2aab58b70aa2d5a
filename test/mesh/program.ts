import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const alive = new Set<ChildProcess>();
process.on('exit', endSplitters);

/** Ends every splitter that still runs, so that none outlives its test. */
export function endSplitters(): void {
  for (const child of alive) child.kill('SIGKILL');
}

/** The program. */
export const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url));

/** A splitter process under way: what it has printed, how it ends, and its end by force. */
export interface SplitterProcess {
  readonly pid: number;
  output(): string;
  readonly exit: Promise<number>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the real program against a Consul, as a shell would; `nodeFlags` are node's own, as for a profile. */
export function startSplitter(
  consulAddress: string,
  line: string,
  env: Readonly<Record<string, string>> = {},
  nodeFlags: readonly string[] = [],
): SplitterProcess {
  const child = spawn(process.execPath, [...nodeFlags, MAIN, ...line.split(' ')], {
    env: environment(consulAddress, env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return keep(child);
}

/** What a splitter of a test finds in its environment. */
export function environment(consulAddress: string, env: Readonly<Record<string, string>>): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    CONSUL_HTTP_ADDR: consulAddress,
    SPLITTER_BY: 'dana',
    ...env,
  };
}

/** Follows a process to its end: it ends with the tests at the latest. */
export function keep(child: ChildProcess): SplitterProcess {
  alive.add(child);
  child.once('close', () => alive.delete(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const exit = new Promise<number>((resolve) =>
    child.once('close', (code, signal) => resolve(code ?? (signal === 'SIGKILL' ? 137 : 1))),
  );
  return { pid: child.pid ?? 0, output: () => output, exit, kill: (signal) => void child.kill(signal) };
}
