import { type ChildProcess, spawn } from 'node:child_process';
import { expect } from 'chai';
import { processIo } from '../../src/cli/process-io.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { environment, keep, MAIN, type SplitterProcess } from '../mesh/program.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const PLAN = `service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 20 }, { pause: 1s }, { weight: 30 }, { pause: 1h }, { weight: 100 }]
bake: 1h
`;

describe('a reader of the output that goes away', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());

  /** Starts the real program; `leave` closes both ends that its output goes to. */
  const start = (line: string): SplitterProcess & { leave(): void } => {
    const child: ChildProcess = spawn(process.execPath, [MAIN, ...line.split(' ')], {
      env: environment(sandbox.consulAddress, {}),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const leave = (): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    };
    return { ...keep(child), leave };
  };
  const lockSession = async (): Promise<string | undefined> => {
    const answer = await fetch(`${sandbox.consulAddress}/v1/kv/splitter/drivers/payments`);
    return answer.ok ? ((await answer.json()) as { Session?: string }[])[0]?.Session : undefined;
  };

  it('interrupts a drive: exit 130, the lock is released, the weights stand', async () => {
    const driving = start(`start ${planFile(PLAN)} --foreground`);
    await until('the first weight', () => /weight=20%/.test(driving.output()));
    expect(await lockSession()).to.be.a('string');
    driving.leave();
    expect(await driving.exit, driving.output()).to.equal(130);
    expect(await lockSession()).to.equal(undefined);
    const { phase, canary } = await shell.json('status payments');
    expect([phase, canary.weight.stored > 0]).to.deep.equal(['Progressing', true]);
  });

  it('takes the rollout back where an interrupt is to do so', async () => {
    const driving = start(`start ${planFile(PLAN)} --foreground --on-interrupt revert`);
    await until('the first weight', () => /weight=20%/.test(driving.output()));
    driving.leave();
    expect(await driving.exit, driving.output()).to.equal(130);
    expect((await shell.json('status payments')).phase).to.equal('Reverted');
  });

  it('does not end a controller: it goes on driving', async () => {
    const controller = start('run --id one --listen 127.0.0.1:0 --log-level debug');
    const keys = `${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`;
    await until('the controller lives', async () => (await fetch(keys)).ok);
    controller.leave();
    const begun = await shell.run(`start ${planFile(PLAN)}`);
    expect(begun.code, begun.err).to.equal(0);
    await until('it drives on', async () => (await shell.json('status payments')).canary?.weight.stored === 30);
    controller.kill('SIGTERM');
    expect(await controller.exit).to.equal(0);
  });

  it('ends quietly what only looks on', async () => {
    const driving = start(`start ${planFile(PLAN.replace('1s', '1h'))} --foreground`);
    await until('the first weight', () => /weight=20%/.test(driving.output()));
    const watching = start('status payments -w -o json');
    await until('the first document', () => /snapshot/.test(watching.output()));
    watching.leave();
    expect((await shell.run('promote payments')).code).to.equal(0);
    expect(await watching.exit).to.equal(0);
    await shell.run('abort payments');
    expect(await driving.exit).to.equal(3);
  });
}).timeout(60_000);

describe('a terminal that does not know its size', () => {
  it('is taken for one of 80 columns', () => {
    const { stdout } = process;
    const own = Object.getOwnPropertyDescriptor(stdout, 'columns');
    Object.defineProperty(stdout, 'columns', { value: 0, configurable: true });
    try {
      expect(processIo().terminal.columns()).to.equal(80);
    } finally {
      if (own === undefined) Reflect.deleteProperty(stdout, 'columns');
      else Object.defineProperty(stdout, 'columns', own);
    }
  });
});
