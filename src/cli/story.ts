import { formatDuration } from '../core/duration.js';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.js';
import { EXIT, type ExitCode } from './exit.js';
import type { Io } from './io.js';

/** Runs one command line; given by the program, which knows every command. */
export type RunCommand = (argv: readonly string[], io: Io) => Promise<ExitCode>;

/** How long the bad version behaves before it fails, ms. */
const GOOD_FOR = 8_000;
/** What has to happen between two chapters before the next begins: a version is deployed and its checks pass, ms. */
const BREATH = 1_500;

/** Plays the main job on the sandbox: a healthy version is ramped to promotion, a bad one is taken back. Exit 0 when both went as told. */
export async function playStory(io: Io, runCommand: RunCommand): Promise<ExitCode> {
  const sandbox = await startSandbox({ traffic: 200 });
  const inSandbox: Io = {
    ...io,
    env: {
      ...io.env,
      CONSUL_HTTP_ADDR: sandbox.consulAddress,
      CONSUL_HTTP_TOKEN: '',
      CONSUL_HTTP_TOKEN_FILE: '',
      SPLITTER_BY: 'you',
    },
  };
  const say = (text: string): void => io.out(`${text}\n`);
  const splitter = (line: string): Promise<ExitCode> => {
    say(`\n${io.style.bold(`$ splitter ${line}`)}`);
    return runCommand(line.split(' '), inSandbox);
  };
  try {
    say('A sandbox runs in this process: a Consul, the service payments in version 2 and 3, and 200 requests a second from web.');
    say('\n1. Version 3 is good: it is ramped to all traffic, watched for a while, and promoted.');
    const good = await splitter('ramp payments --to 100 --by 25 --every 4s --bake 5s');
    say(
      '\n2. Version 4 is deployed into the subset that became free. At first it looks well; then 30% of its answers are errors.',
    );
    sandbox.deploy('4', 2);
    await sleep(BREATH);
    const bad = await playBadVersion(sandbox, splitter);
    say(`\n${describeHarm(bad)}`);
    await splitter('status payments');
    const asTold = good === EXIT.done && bad.exit === EXIT.reverted;
    say(asTold ? epilogue() : `\nThe story did not go as told (exit ${good}, then ${bad.exit}): please report this.`);
    return asTold ? EXIT.done : EXIT.error;
  } finally {
    await sandbox.stop();
  }
}

interface BadEnding {
  readonly exit: ExitCode;
  readonly failed: number;
  readonly lastedMs: number;
}

async function playBadVersion(sandbox: Sandbox, splitter: (line: string) => Promise<ExitCode>): Promise<BadEnding> {
  let since = 0;
  const timer = setTimeout(() => {
    since = Date.now();
    sandbox.setBehaviour('4', { errorRate: 0.3 });
  }, GOOD_FOR);
  const exit = await splitter('ramp payments --to 50 --by 10 --every 3s --hold 30s');
  clearTimeout(timer);
  await sleep(BREATH);
  const stats = sandbox.stats().blue;
  const last = stats?.lastFailureAt;
  return { exit, failed: stats?.failures ?? 0, lastedMs: last === undefined ? 0 : last - since };
}

function describeHarm({ failed, lastedMs }: BadEnding): string {
  return `Users met ${failed} failed requests, all within ${formatDuration(lastedMs)}; then everybody was back on version 3.`;
}

function epilogue(): string {
  return `
Try next:
  npm install -g .                         in the checkout: puts splitter on your PATH, if it is not there yet
  splitter sandbox                         the same mesh, kept running; then, in another terminal:
  splitter ramp payments --to 50           the first sentence to learn
  splitter validate examples               plans as files
  docs/guide.md                            from here to your own Consul, in three commands`;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
