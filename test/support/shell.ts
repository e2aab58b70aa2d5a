import type { Io } from '../../src/cli/io.js';
import { runCommand } from '../../src/cli/program.js';
import { PLAIN } from '../../src/view/style.js';

/** What a command printed and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A command under way in this process: what it has printed so far, and ways to interrupt and to await it. */
export interface Running {
  readonly done: Promise<Ran>;
  readonly output: () => string;
  interrupt(): void;
}

/** Runs command lines against one Consul in this process, as a shell would; no terminal, so plain lines. */
export class Shell {
  readonly #env: Readonly<Record<string, string>>;
  readonly #ask: Io['ask'];

  constructor(consulAddress: string, env: Readonly<Record<string, string>> = {}, ask?: Io['ask']) {
    this.#env = { CONSUL_HTTP_ADDR: consulAddress, SPLITTER_BY: 'dana', ...env };
    this.#ask = ask;
  }

  /** The same shell with a person at it, who answers so. */
  asked(ask: NonNullable<Io['ask']>): Shell {
    return new Shell(this.#env.CONSUL_HTTP_ADDR!, this.#env, ask);
  }

  /** The same shell with further environment. */
  with(env: Readonly<Record<string, string>>): Shell {
    return new Shell(this.#env.CONSUL_HTTP_ADDR!, { ...this.#env, ...env });
  }

  /** Starts a command line (words split at spaces; quote nothing). */
  start(line: string, stdin = ''): Running {
    return this.#start(line.split(' ').filter(Boolean), stdin);
  }

  /** Runs a command of these words to its end, spaces in them and all. */
  words(argv: readonly string[]): Promise<Ran> {
    return this.#start(argv, '').done;
  }

  #start(argv: readonly string[], stdin: string): Running {
    let [out, err] = ['', ''];
    const handlers = new Set<() => void>();
    const io: Io = {
      env: this.#env,
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      terminal: { live: false, columns: () => 80, unicode: false },
      style: PLAIN,
      readStdin: async () => stdin,
      ...(this.#ask === undefined ? {} : { ask: this.#ask }),
      onInterrupt: (handler) => {
        handlers.add(handler);
        return () => void handlers.delete(handler);
      },
    };
    const done = runCommand(argv, io).then((code) => ({ code, out, err }));
    latest = { line: argv.join(' '), output: () => out + err };
    return {
      done,
      output: () => out + err,
      interrupt: () => {
        for (const handler of handlers) handler();
      },
    };
  }

  /** Runs a command line to its end. */
  run(line: string, stdin = ''): Promise<Ran> {
    return this.start(line, stdin).done;
  }

  /** Runs a command with -o json and parses what it printed. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of many shapes
  async json(line: string): Promise<any> {
    const { out } = await this.run(`${line} -o json`);
    return JSON.parse(out);
  }
}

/** The command that was started last: what it printed is what a person needs to see why nothing came of a wait. */
let latest: { readonly line: string; output(): string } | undefined;

/** Waits until the condition holds, looking every 20 ms; throws with what was waited for after `ms`, and what the last command printed. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline)
      throw new Error(
        [
          `waited ${ms} ms in vain until ${what}`,
          ...(latest === undefined ? [] : [`splitter ${latest.line}`, latest.output().slice(-2_000)]),
        ].join('\n'),
      );
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
