import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type FaultyConsul, startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const plan = (rest: string, green = '3'): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "${green}" } }
stable: blue
${rest}
`;

describe('a stable that has nobody left, on the sandbox', () => {
  let sandbox: Sandbox;
  let proxy: FaultyConsul;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    proxy = await startFaultyConsul(sandbox.consulAddress);
    shell = new Shell(proxy.address);
  });
  afterEach(async () => {
    await proxy.stop();
    await sandbox.stop();
  });
  const green = async (): Promise<number> => (await shell.json('status payments')).canary.weight.stored;
  const stateOf = async (): Promise<string> => {
    const { phase, reason } = await shell.json('status payments');
    return `${phase} ${reason}`;
  };
  const onlyPassing = async (): Promise<void> => {
    const url = `${sandbox.consulAddress}/v1/config`;
    const entry = (await (await fetch(`${url}/service-resolver/payments`)).json()) as { Subsets: Record<string, object> };
    entry.Subsets.blue = { ...entry.Subsets.blue, OnlyPassing: true };
    await fetch(url, { method: 'PUT', body: JSON.stringify(entry) });
  };

  it('abort is refused with exit 1 and moves nobody; status names what works, and --force does it and is recorded', async () => {
    await shell.run('ramp payments --to 50');
    sandbox.stopInstances('2');
    const refused = await shell.run('abort payments');
    expect([refused.code, await green()], refused.err).to.deep.equal([1, 50]);
    expect(refused.err).to.match(/no instance of blue is left: whoever is sent there fails\. Nothing was written/);
    const hint = /-> splitter promote payments --full .*splitter abort payments --force/;
    expect(refused.err).to.match(hint);
    const { out } = await shell.run('status payments');
    expect(out).to.match(/no instance of blue is left, so nothing could go back/);
    expect(out).to.match(/-> .*splitter promote payments --full .*splitter abort payments --force/);
    expect(out).not.to.match(/splitter abort payments(;|\n|$)/m);
    expect((await shell.run('subsets payments')).out).to.match(
      /-> splitter promote payments --full +blue carries 50% and no instance of it is ready/,
    );
    const forced = await shell.run('abort payments --force');
    expect([forced.code, await green()], forced.err).to.deep.equal([0, 0]);
    expect((await shell.run('history payments')).out).to.match(/aborted by dana by force: no instance of blue is left/);
  });

  it('promote --full works as it was named, and undo is refused then, and not suggested', async () => {
    await shell.run('ramp payments --to 50');
    sandbox.stopInstances('2');
    expect((await shell.run('promote payments --full')).code).to.equal(0);
    const { out } = await shell.run('status payments');
    expect(out).to.match(/Promoted .*there is nothing to undo to/s);
    expect(out).not.to.match(/splitter undo/);
    const undone = await shell.run('undo payments');
    expect([undone.code, await green()], undone.err).to.deep.equal([1, 100]);
  });

  it('is one whose instances are in warning where the subset says OnlyPassing, and every command says so', async () => {
    await shell.run('ramp payments --to 50');
    sandbox.setHealth('2', 'warning');
    await until('the warning is seen', async () => (await shell.json('status payments')).stable.instances.warning === 2);
    expect((await shell.json('status payments')).stable.instances).to.deep.equal({ passing: 0, warning: 2, critical: 0 });
    await onlyPassing();
    const status = await shell.json('status payments');
    expect(status.stable.instances).to.deep.equal({ passing: 0, warning: 2, critical: 0, skipped: 2 });
    const said = /2 of blue in warning get nothing: OnlyPassing/;
    expect((await shell.run('status payments')).out).to.match(said);
    expect((await shell.run('subsets payments')).out).to.match(said);
    expect((await shell.run('doctor payments')).out).to.match(said);
    const refused = await shell.run('abort payments');
    expect([refused.code, await green()], refused.err).to.deep.equal([1, 50]);
    sandbox.setHealth('2', 'passing');
    await until('abort works again', async () => (await shell.run('abort payments')).code === 0);
    expect(await green()).to.equal(0);
  });

  it('is not one whose instances cannot be read: abort works then, and says what it does not know', async () => {
    await shell.run('ramp payments --to 50');
    sandbox.stopInstances('2');
    const over = proxy.fail(
      { kind: 'answer', status: 403, text: "Permission denied: token with AccessorID 'x' lacks permission 'node:read'" },
      ({ kind }) => kind === 'GET health',
    );
    const done = await shell.run('abort payments');
    over();
    expect([done.code, await green()], done.err).to.deep.equal([0, 0]);
    expect(done.err).to.match(/Warning: whether payments has an instance to go back to is not known/);
  });

  it('an interrupt that should take it back says that it does not, and a start that would supersede is refused', async () => {
    const first = shell.start(
      `start ${planFile(plan('steps: [{ weight: 30 }, { pause: {} }, { weight: 100 }]'))} --foreground --on-interrupt revert`,
    );
    await until('the pause', () => /PauseStep/.test(first.output()));
    sandbox.deploy('4');
    sandbox.stopInstances('2');
    const second = await shell.run(`start ${planFile(plan('steps: [{ weight: 30 }]', '4'))} --foreground`);
    expect([second.code, await green()], second.err).to.deep.equal([1, 30]);
    first.interrupt();
    const { code, err } = await first.done;
    expect([code, await green()], err).to.deep.equal([130, 30]);
    expect(err).to.match(/Not taken back: no instance of blue is left/);
  });

  it('a controller holds at a deadline as StableGone, and goes back by itself when stable is there again', async () => {
    const controller = shell.start('run --id one --listen 127.0.0.1:0');
    await until(
      'the controller lives',
      async () => (await fetch(`${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`)).ok,
    );
    const begun = await shell.run(`start ${planFile(plan('steps: [{ weight: 50 }, { pause: 1h }]\ndeadline: 5s'))}`);
    expect(begun.code, begun.err).to.equal(0);
    await until('half', async () => (await green()) === 50);
    sandbox.stopInstances('2');
    await until('it is held', async () => (await stateOf()) === 'Paused StableGone');
    expect(await green()).to.equal(50);
    const resumed = await shell.run('resume payments');
    expect(resumed.code, resumed.err).to.equal(1);
    sandbox.deploy('2');
    await until('it is back', async () => (await stateOf()) === 'Reverted DeadlineExceeded');
    expect(await green()).to.equal(0);
    controller.interrupt();
    await controller.done;
  });
});
