import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findTool } from '../mesh/tools/find.js';

const exec = promisify(execFile);
let panes = 0;

/** A program in a real terminal of a size, by a tmux server of its own. */
export class Pane {
  readonly #socket: string;

  private constructor(socket: string) {
    this.#socket = socket;
  }

  /** Starts a command line in a pane of so many columns and rows. The pane stays when the command has ended. */
  static async open(
    command: readonly string[],
    columns: number,
    rows: number,
    env: Readonly<Record<string, string>>,
  ): Promise<Pane> {
    const pane = new Pane(`splitter-${process.pid}-${++panes}`);
    const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
    const size = ['-x', String(columns), '-y', String(rows)];
    // A shell outlives the command: a pane that dies scrolls by a row, to say so.
    await pane.#tmux('new-session', '-d', ...size, ...variables, 'sh', '-c', '"$@"; sleep 86400', 'sh', ...command);
    await pane.#tmux('set', '-g', 'status', 'off');
    await pane.#tmux('resize-window', ...size);
    return pane;
  }

  /** What it shows now: its rows without those that are empty at the end; with `styled` the codes of colours stay in. */
  async show(styled = false): Promise<readonly string[]> {
    const rows = (await this.#tmux('capture-pane', '-p', ...(styled ? ['-e'] : []))).split('\n').map((row) => row.trimEnd());
    const last = rows.findLastIndex((row) => row !== '');
    return rows.slice(0, last + 1);
  }

  /** Ends the command and its terminal. */
  async close(): Promise<void> {
    await this.#tmux('kill-server').catch(() => undefined);
  }

  async #tmux(...args: readonly string[]): Promise<string> {
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !/^(TMUX|CONSUL_|SPLITTER_|NO_COLOR)/.test(name)),
    );
    const env = { ...clean, LC_ALL: 'C.UTF-8', TERM: 'xterm-256color' };
    return (await exec(findTool('tmux'), ['-L', this.#socket, '-f', '/dev/null', ...args], { env })).stdout;
  }
}
