import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../plan/root.js';
import type { Page } from './markdown.js';

/** One line of a shell block, without its comment's promise: what is typed, and the exit code that the comment promises (0 where it says none). */
export interface TypedLine {
  readonly text: string;
  readonly exit: number;
}

/** The lines of a page's or section's `sh` blocks that a person types, in order. */
export function typedLines({ fences }: Page): readonly TypedLine[] {
  return fences
    .filter(({ language }) => language === 'sh')
    .flatMap(({ text }) => text.split('\n'))
    .filter((text) => text.trim() !== '' && !text.startsWith('#'))
    .map((text) => ({ text, exit: Number(/#.*\bexit (\d+)/.exec(text)?.[1] ?? 0) }));
}

/** How a line ended, and what it printed. */
export interface Typed {
  readonly code: number;
  readonly output: string;
}

/** A line that runs. */
export interface Typing {
  readonly done: Promise<Typed>;
  output(): string;
  /** Ctrl-C. */
  interrupt(): void;
}

/** A bash at the root of the checkout, with the built splitter on its PATH, and whatever else is named there. */
export class Terminal {
  readonly #folder = mkdtempSync(join(tmpdir(), 'splitter-typed-'));
  readonly #env: Record<string, string>;
  readonly #open = new Set<ChildProcess>();

  /** `tools`: further programs by the name that they are called by. */
  constructor(env: Readonly<Record<string, string>> = {}, tools: Readonly<Record<string, string>> = {}) {
    this.#link('splitter', `${process.execPath}" "${join(ROOT, 'dist/src/main.js')}`);
    for (const [name, path] of Object.entries(tools)) this.#link(name, path);
    this.#env = {
      PATH: `${this.#folder}:${process.env.PATH ?? ''}`,
      HOME: process.env.HOME ?? '',
      SPLITTER_BY: 'dana',
      NO_COLOR: '1',
      ...env,
    };
  }

  /** `export NAME=value`. */
  set(name: string, value: string): void {
    this.#env[name] = value;
  }

  /** Types a line and goes on. */
  start(line: string): Typing {
    const child = spawn('bash', ['-o', 'pipefail', '-c', line], {
      cwd: ROOT,
      env: this.#env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#open.add(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    const done = new Promise<Typed>((resolve) =>
      child.once('close', (code) => {
        this.#open.delete(child);
        resolve({ code: code ?? 1, output });
      }),
    );
    return { done, output: () => output, interrupt: () => end(child, 'SIGINT') };
  }

  /** Types a line and waits for its end. */
  run(line: string): Promise<Typed> {
    return this.start(line).done;
  }

  /** Ends what still runs, and removes its folder. */
  close(): void {
    for (const child of this.#open) end(child, 'SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #link(name: string, path: string): void {
    const file = join(this.#folder, name);
    writeFileSync(file, `#!/bin/sh\nexec "${path}" "$@"\n`);
    chmodSync(file, 0o755);
  }
}

/** A line is a process group of its own, as in a terminal. */
function end({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
