import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';

const GRACE_MS = 3_000;
const alive = new Set<ChildProcess>();

/** A program that the harness started; it never outlives this process. */
export interface Child {
  readonly pid: number;
  readonly log: string;
  /** True until the program has ended, for whatever reason. */
  running(): boolean;
  /** SIGTERM, and SIGKILL after 3 s; resolves when the program has ended. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the program has ended. */
  kill(): Promise<void>;
}

/** Starts a program with its output in the file `log`; rejects when it cannot be started. */
export async function startChild(program: string, args: readonly string[], log: string): Promise<Child> {
  const output = openSync(log, 'a');
  const child = spawn(program, args, { stdio: ['ignore', output, output] });
  closeSync(output);
  alive.add(child);
  guard();
  const ended = new Promise<void>((resolve) => {
    const forget = (): void => {
      alive.delete(child);
      resolve();
    };
    child.once('exit', forget);
    child.once('error', forget);
  });
  await new Promise((resolve, reject) => child.once('spawn', () => resolve(undefined)).once('error', reject));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (alive.has(child)) child.kill(signal);
    const hammer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(hammer);
  };
  return {
    pid: child.pid as number,
    log,
    running: () => alive.has(child),
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** The last lines that a program wrote, for the message of an error. */
export function lastWords(child: Child): string {
  return readFileSync(child.log, 'utf8').trimEnd().split('\n').slice(-8).join('\n');
}

/** The last warnings and errors in the log of a program that marks them `[WARN]` and `[ERROR]`. */
export function complaintsOf(child: Child): string {
  const lines = readFileSync(child.log, 'utf8').split('\n');
  return lines
    .filter((line) => /\[(?:WARN|ERROR)\]/.test(line))
    .slice(-20)
    .join('\n');
}

let guarded = false;

function guard(): void {
  if (guarded) return;
  guarded = true;
  process.on('exit', () => {
    for (const child of alive) child.kill('SIGKILL');
  });
  process.on('SIGTERM', () => process.exit(143));
}
