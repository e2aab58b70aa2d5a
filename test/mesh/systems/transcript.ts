import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type SplitterProcess, startSplitter } from '../program.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const IS_WRITING = process.env.SPLITTER_TRANSCRIPTS === 'write';
/** What stands in a transcript for the address of the Consul of its run. */
const CONSUL = 'http://127.0.0.1:8500';

interface Command {
  readonly line: string;
  output: string;
  code: number | undefined;
}

/** How a command of a transcript ended. */
export interface Told {
  readonly code: number;
  readonly output: string;
}

/** A session at a shell against one Consul, run for real: every command with what it printed and how it ended. */
export class Transcript {
  readonly #name: string;
  readonly #title: string;
  readonly #address: string;
  readonly #parts: (string | Command)[] = [];
  readonly #names: (readonly [own: string, shown: string])[] = [];

  /** `name` is the file's in docs/systems, without `-transcript.md`. */
  constructor(name: string, title: string, address: string) {
    this.#name = name;
    this.#title = title;
    this.#address = address;
  }

  /** What is of this run alone, as an address is, stands in the transcript under a name of every run. */
  name(own: string, shown: string): void {
    this.#names.push([own, shown]);
  }

  /** A sentence between commands: what the reader sees next, and why. */
  say(text: string): void {
    this.#parts.push(text);
  }

  /** Runs `splitter LINE` to its end as a process of its own; words are split at spaces. */
  async run(line: string, env: Readonly<Record<string, string>> = {}): Promise<Told> {
    return this.#end(this.#begun(line), startSplitter(this.#address, line, env));
  }

  /** Starts `splitter LINE` and goes on; `ended` resolves when it has ended. */
  start(
    line: string,
    env: Readonly<Record<string, string>> = {},
  ): { readonly process: SplitterProcess; readonly ended: Promise<Told> } {
    const process = startSplitter(this.#address, line, env);
    return { process, ended: this.#end(this.#begun(`${line} &`), process) };
  }

  /** Notes a command that the test ran by itself, as a person would have typed it. */
  note(line: string, output: string, code = 0): void {
    this.#parts.push({ line, output, code });
  }

  /** Writes the transcript (with SPLITTER_TRANSCRIPTS=write), or holds this run's commands and exit codes against the one that is kept. */
  close(): void {
    const path = `${ROOT}docs/systems/${this.#name}-transcript.md`;
    const text = this.#text();
    if (IS_WRITING) writeFileSync(path, text);
    else
      expect(commandsOf(text), `docs/systems/${this.#name}-transcript.md is stale: npm run transcripts`).to.equal(
        commandsOf(readFileSync(path, 'utf8')),
      );
  }

  #begun(line: string): Command {
    const command: Command = { line: `splitter ${line}`, output: '', code: undefined };
    this.#parts.push(command);
    return command;
  }

  async #end(command: Command, process: SplitterProcess): Promise<Told> {
    command.code = await process.exit;
    command.output = process.output();
    return { code: command.code, output: command.output };
  }

  #text(): string {
    const parts = this.#parts.map((part) => (typeof part === 'string' ? part : this.#block(part)));
    return `${[`# ${this.#title}`, 'Run for real on Consul with Envoy sidecars, and kept by the test itself; `npm run transcripts` makes it again.', ...parts].join('\n\n')}\n`;
  }

  #block({ line, output, code }: Command): string {
    const shown = this.#tidy(output).trimEnd();
    return `\`\`\`console\n$ ${this.#tidy(line)}\n${shown === '' ? '' : `${shown}\n`}${code === 0 ? '' : `# exit ${code ?? 'not yet'}\n`}\`\`\``;
  }

  /** A transcript names neither this run's ports nor its folders. */
  #tidy(text: string): string {
    return this.#names
      .reduce((tidied, [own, shown]) => tidied.replaceAll(own, shown), text)
      .replaceAll(this.#address, CONSUL)
      .replaceAll(/127\.0\.0\.1:\d{5}\b/g, '127.0.0.1:8410')
      .replaceAll(ROOT, '')
      .replaceAll(/\/tmp\/[\w.-]+\//g, '');
  }
}

/** Its commands, each with its exit code: what two runs have in common. */
function commandsOf(transcript: string): string {
  return transcript
    .split('\n')
    .filter((line) => /^(\$ |# exit )/.test(line))
    .join('\n');
}
