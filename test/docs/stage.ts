import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.js';
import { startLive } from '../server/api/live.js';
import { planFile } from '../support/plan-file.js';
import { type Ran, type Running, Shell, until } from '../support/shell.js';

/** A plan of `payments`, 2 on blue and 3 on green, with further lines. */
export function planText(steps: string, more = ''): string {
  return `service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: ${steps}
${more}
`;
}

/** A sandbox of its own for one trouble, and what makes the trouble. Everything ends with `close`. */
export class Stage {
  readonly sandbox: Sandbox;
  readonly shell: Shell;
  readonly #running: Running[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  private constructor(sandbox: Sandbox) {
    this.sandbox = sandbox;
    this.shell = new Shell(sandbox.consulAddress);
  }

  static async open(options: SandboxOptions = {}): Promise<Stage> {
    return new Stage(await startSandbox(options));
  }

  /** Runs a command to its end; what it printed. */
  async say(line: string, stdin?: string): Promise<string> {
    const { out, err }: Ran = await this.shell.run(line, stdin);
    return `${out}\n${err}`;
  }

  /** Starts a command that is interrupted at the end. */
  start(line: string): Running {
    const running = this.shell.start(line);
    this.#running.push(running);
    return running;
  }

  /** A file with the plan. */
  plan(steps: string, more?: string): string {
    return planFile(planText(steps, more));
  }

  /** Writes an entry as somebody else would. */
  async put(entry: object): Promise<void> {
    const answer = await fetch(`${this.sandbox.consulAddress}/v1/config`, { method: 'PUT', body: JSON.stringify(entry) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Registers an instance as its own agent would. */
  register(definition: object): Promise<string> {
    return this.#call('PUT', '/v1/agent/service/register', JSON.stringify(definition));
  }

  /** Types one line of a page: a command of splitter, `consul config write` or `delete`, or a curl against Consul. Throws when it fails. */
  async type(line: string): Promise<string> {
    const [, command] = /^splitter (.+)$/.exec(line) ?? [];
    if (command !== undefined) {
      const { code, out, err } = await this.shell.run(command);
      if (code !== 0) throw new Error(`${line}: exit ${code}: ${err}`);
      return out + err;
    }
    const [, entry] = /^consul config write - <<< '(.+)'$/.exec(line) ?? [];
    if (entry !== undefined) return this.#call('PUT', '/v1/config', entry);
    const [, kind, name] = /^consul config delete -kind (\S+) -name (\S+)$/.exec(line) ?? [];
    if (kind !== undefined) return this.#call('DELETE', `/v1/config/${kind}/${name}`);
    const [, path, body] = /^curl -X PUT "\$CONSUL_HTTP_ADDR(\S+)"(?: --data '(.+)')?$/.exec(line) ?? [];
    if (path !== undefined) return this.#call('PUT', path, body);
    throw new Error(`nobody knows how to type ${line}`);
  }

  async #call(method: string, path: string, body?: string): Promise<string> {
    const answer = await fetch(`${this.sandbox.consulAddress}${path}`, { method, ...(body === undefined ? {} : { body }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${text}`);
    return text;
  }

  /** Writes the weights as somebody else would, without a record. */
  weigh(blue: number, green: number): Promise<void> {
    const Splits = [
      { Weight: blue, ServiceSubset: 'blue' },
      { Weight: green, ServiceSubset: 'green' },
    ];
    return this.put({ Kind: 'service-splitter', Name: 'payments', Splits });
  }

  /** A controller; gives the address of its page. */
  async control(flags = ''): Promise<string> {
    const live = await startLive(this.sandbox, flags);
    this.#closers.push(live.stop);
    return live.address;
  }

  /** Waits until the rollout is in this phase and reason. */
  reaches(wanted: string): Promise<void> {
    return until(`payments is ${wanted}`, async () => {
      const { phase, reason } = await this.shell.json('status payments');
      return `${phase} ${reason}` === wanted;
    });
  }

  async close(): Promise<void> {
    for (const running of this.#running) running.interrupt();
    await Promise.all(this.#running.map(({ done }) => done));
    for (const close of this.#closers) await close();
    await this.sandbox.stop();
  }
}
