import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 50 }, { pause: {} }, { weight: 100 }]
bake: 200ms
signals: [{ name: errors, source: envoy, metric: errors, max: 5% }]
`;
const SAFE = 'blue is drained: safe to stop';

describe('the subset that was promoted away, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());
  /** From now on every answer of blue takes about so long. */
  const slow = async (latency: string): Promise<void> => {
    const query = `version=2&latency=${latency}`;
    expect((await fetch(`${sandbox.consulAddress}/sandbox/behaviour?${query}`, { method: 'PUT' })).status).to.equal(200);
  };
  const draining = async (): Promise<unknown> => (await shell.json('status payments')).draining;

  it('is said to be drained at the end of a drive, in a status, and nowhere before', async () => {
    const begun = await shell.run(`start ${planFile(PLAN)} --foreground --wait`);
    expect(begun.err).not.to.contain('drained');
    expect(await draining()).to.equal(undefined);
    const ended = await shell.run('continue payments');
    expect([ended.code, ended.err.split('\n').at(-2)], ended.err).to.deep.equal([0, SAFE]);
    expect(await draining()).to.deep.equal({ subset: 'blue', drained: true, inFlight: 0, message: SAFE });
    expect((await shell.run('status payments')).out).to.contain(`\n  draining ${SAFE}\n`);
    expect((await shell.run('status payments -w')).err).to.contain(`\n${SAFE}\n`);
    const watched = (await shell.run('status payments -w -o json')).out.trim().split('\n').slice(-2);
    expect(watched.map((line) => JSON.parse(line))).to.deep.equal([
      { type: 'draining', subset: 'blue', drained: true, inFlight: 0, message: SAFE },
      { type: 'end', exit: 0, message: JSON.parse(watched[1]!).message },
    ]);
  });

  it('is not while it still answers: promote --full says how many, a status when there is none any more', async () => {
    await shell.run(`start ${planFile(PLAN)} --foreground --wait`);
    await slow('5s');
    await new Promise((resolve) => setTimeout(resolve, 500));
    const full = await shell.run('promote payments --full');
    expect(full.err).to.match(
      /\nblue is not drained: \d+ requests are in flight\n {2}-> splitter status payments {3}tells when it is\n$/,
    );
    expect(await draining()).to.include({ drained: false });
    await until('it is drained', async () => ((await draining()) as { drained: boolean }).drained, 40_000);
  });

  it('is looked after by the controller that promotes: its log tells', async () => {
    const controller: Running = shell.start('run --id one --listen 127.0.0.1:0 --log-format json');
    try {
      await shell.run(`apply ${planFile(PLAN)}`);
      await until('the controller lives', async () => (await shell.run('start payments --wait')).code === 5);
      await shell.run('continue payments');
      await until('it says so', () => controller.output().includes(SAFE));
      const line = controller
        .output()
        .split('\n')
        .find((one) => one.includes(SAFE));
      expect(JSON.parse(line!)).to.include({ service: 'payments', what: 'draining', subset: 'blue', drained: true });
    } finally {
      controller.interrupt();
      await controller.done;
    }
  });
});
