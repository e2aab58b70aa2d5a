import { type AddressInfo, createServer } from 'node:net';
import { startSandbox } from '../sandbox/sandbox.js';
import { CommandError, type ExitCode } from './exit.js';
import type { Io } from './io.js';
import type { RunCommand } from './story.js';

/** Flags of `splitter sandbox`. */
export interface SandboxFlags {
  readonly story?: boolean;
  readonly port?: string;
}

const CONSUL_PORT = 8500;
const PAGE_PORT = 8410;
const CONTROLLER = ['--anonymous-actions', '--log-level', 'warn', '--log-format', 'text'];

/** `splitter sandbox`: a Consul, a mesh, traffic and a controller with its page in this process until Ctrl-C; with --story a good ramp and a bad one are played in it. */
export async function sandbox(flags: SandboxFlags, io: Io, runCommand: RunCommand): Promise<ExitCode> {
  if (flags.story === true) return (await import('./story.js')).playStory(io, runCommand);
  const port = await choosePort(flags.port);
  const running = await startSandbox({ port });
  const usual = running.consulAddress.endsWith(`:${CONSUL_PORT}`);
  const page = `127.0.0.1:${(await isFree(PAGE_PORT)) ? PAGE_PORT : await freePort()}`;
  io.out(
    `${[
      `A Consul is at ${running.consulAddress}; payments runs as version 2 and 3, web calls it 200 times a second.`,
      `Each request through the split: ${running.entryAddress}`,
      `A controller shows all rollouts at http://${page}; anybody may act there.`,
      '',
      running.help,
      '',
      `Then type there:   splitter ramp payments --to 50${usual ? '' : `   (CONSUL_HTTP_ADDR=${running.consulAddress})`}`,
      'Ctrl-C ends the sandbox.',
    ].join('\n')}\n`,
  );
  // The controller works until the same Ctrl-C.
  const code = await runCommand(['run', '--listen', page, '--page-url', `http://${page}`, ...CONTROLLER], {
    ...io,
    env: { ...withoutOthers(io.env), CONSUL_HTTP_ADDR: running.consulAddress },
  });
  await running.stop();
  return code;
}

/** The environment without what it says of other Consuls and controllers: no token of theirs comes here. */
function withoutOthers(env: Io['env']): Io['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(CONSUL|SPLITTER)_/.test(name)));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

/** The port that was asked for; else Consul's own, so that no address is needed; else any free one. */
async function choosePort(wanted: string | undefined): Promise<number> {
  const port = wanted === undefined ? CONSUL_PORT : Number(wanted);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new CommandError(`--port ${wanted} is no port`, 'splitter sandbox --port 8500');
  if (await isFree(port)) return port;
  if (wanted !== undefined) throw new CommandError(`port ${port} is taken`, 'splitter sandbox   takes a free one');
  return 0;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
