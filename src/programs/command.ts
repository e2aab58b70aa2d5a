import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { formatDuration } from '../core/duration.js';
import { onAbort } from '../net/on-abort.js';
import { type Ending, KEPT_OUTPUT } from './ending.js';

/** The end of a program; `started` is false when it could not even be started. */
export interface CommandEnding extends Ending {
  readonly started: boolean;
  readonly stdout: string;
}

/** Between asking a program to end and ending it, ms. */
const GRACE = 2_000;

/** Starts a program without a shell, in a process group of its own, and waits for its end; its time over, the whole group is ended. */
export function runCommand(
  { command, timeout }: { readonly command: readonly string[]; readonly timeout: number },
  env: Readonly<Record<string, string | undefined>>,
  abort: AbortSignal,
): Promise<CommandEnding> {
  const [file = '', ...args] = command;
  return new Promise((resolve) => {
    let [output, stdout] = ['', ''];
    let cut: string | undefined;
    let child: ChildProcessByStdio<null, Readable, Readable>;
    try {
      child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    } catch (error) {
      // Some failures come as events, others (an argument list that is too long) at once.
      resolve({ ok: false, started: false, message: sayStartFailure(error as NodeJS.ErrnoException, file), output, stdout });
      return;
    }
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdout = (stdout + chunk.toString('utf8')).slice(-KEPT_OUTPUT);
      keep(chunk);
    });
    child.stderr.on('data', keep);
    const end = (why: string): void => {
      if (cut !== undefined) return;
      cut = why;
      signalGroup(child.pid, 'SIGTERM');
      const last = setTimeout(() => {
        signalGroup(child.pid, 'SIGKILL');
        // A grandchild that left the group may still hold the pipes; its output is nobody's business any more.
        child.stdout.destroy();
        child.stderr.destroy();
      }, GRACE);
      child.once('close', () => clearTimeout(last));
    };
    const timer = setTimeout(() => end(`no end within ${formatDuration(timeout)}`), timeout);
    const forget = onAbort(abort, () => end('given up: splitter ended'));
    const finish = (ending: Omit<CommandEnding, 'output' | 'stdout'>): void => {
      clearTimeout(timer);
      forget();
      resolve({ ...ending, output, stdout });
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      finish({ ok: false, started: false, message: sayStartFailure(error, file) }),
    );
    child.once('close', (code, signal) => {
      const how = cut ?? (code === null ? `ended by ${signal}` : `exit ${code}`);
      finish({ ok: cut === undefined && code === 0, started: true, message: how });
    });
  });
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended by itself.
  }
}

function sayStartFailure({ code, message }: NodeJS.ErrnoException, file: string): string {
  if (code === 'ENOENT') return `there is no program ${file} (a path is seen from where splitter was started)`;
  return code === 'EACCES' ? `${file} is not executable (chmod +x ${file})` : `cannot be started: ${message}`;
}
