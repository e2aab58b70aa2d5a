import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const plan = (steps: string): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: ${steps}
bake: 200ms
signals: [{ name: errors, source: envoy, metric: errors, max: 5% }]
`;
const PAUSES = plan('[{ weight: 20 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }]');

describe('continue, cancel and --wait, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let controller: Running | undefined;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200 });
    shell = new Shell(sandbox.consulAddress);
    controller = undefined;
  });
  afterEach(async () => {
    controller?.interrupt();
    await controller?.done;
    await sandbox.stop();
  });
  const control = async (): Promise<void> => {
    controller = shell.start('run --id one --listen 127.0.0.1:0');
    await until(
      'the controller lives',
      async () => (await fetch(`${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`)).ok,
    );
  };
  const stands = async (): Promise<unknown> => {
    const { phase, reason, canary } = await shell.json('status payments');
    return [phase, reason, canary.weight.stored];
  };

  it('without a controller: start --foreground --wait returns at the pause, each continue drives to the next, and to the promotion', async () => {
    const begun = await shell.run(`start ${planFile(PAUSES)} --foreground --wait`);
    expect([begun.code, await stands()], begun.err).to.deep.equal([5, ['Paused', 'PauseStep', 20]]);
    expect(begun.err).to.match(
      /payments is Paused \(PauseStep\): at 20%.*\nNobody watches from here on\.\n {2}-> splitter continue payments {3}goes on;/,
    );
    const next = await shell.run('continue payments');
    expect([next.code, await stands()], next.err).to.deep.equal([5, ['Paused', 'PauseStep', 50]]);
    expect(next.err)
      .to.match(/^continue is `splitter resume payments` here\n/)
      .and.match(/so this terminal does/);
    const last = await shell.run('continue payments');
    expect([last.code, await stands()], last.err).to.deep.equal([0, ['Promoted', 'BakePassed', 100]]);
  });

  it('with a controller: start --wait returns at the pause, continue at once, continue --wait at the next pause', async () => {
    await control();
    await shell.run(`apply ${planFile(PAUSES)}`);
    const begun = await shell.run('start payments --wait');
    expect([begun.code, await stands()], begun.err).to.deep.equal([5, ['Paused', 'PauseStep', 20]]);
    expect(begun.err).to.match(/payments is Paused \(PauseStep\): at 20%.*\n {2}-> splitter continue payments;/);
    const next = await shell.run('continue payments --wait');
    expect([next.code, await stands()], next.err).to.deep.equal([5, ['Paused', 'PauseStep', 50]]);
    expect(next.err).to.match(/the controller one drives it on\./);
    expect((await shell.run('continue payments')).code).to.equal(0);
    await until('it is promoted', async () => (await shell.json('status payments')).phase === 'Promoted');
  });

  it('a terminal that leaves at a pause is not lost: the controller goes on without asking', async () => {
    await control();
    expect((await shell.run(`start ${planFile(PAUSES)} --foreground --wait`)).code).to.equal(5);
    expect((await shell.run('continue payments --wait')).code).to.equal(5);
    expect(await stands()).to.deep.equal(['Paused', 'PauseStep', 50]);
    const { rollouts } = await shell.json('history payments');
    expect(rollouts[0].entries.map(({ reason }: { reason: string }) => reason)).to.not.include('DriverLost');
  });

  it('a ramp that leaves at its target is not lost either: promote bakes under the controller', async () => {
    await control();
    expect((await shell.run('ramp payments --to 20 --bake 200ms --no-hold')).code).to.equal(5);
    const { err } = await shell.run('continue payments');
    expect(err).to.match(/^continue is `splitter promote payments` here\n/);
    await until('it is promoted', async () => (await shell.json('status payments')).phase === 'Promoted');
  });

  it('continue goes on with what its driver has left, and says why it cannot where nothing is under way', async () => {
    const first = shell.start(`start ${planFile(plan('[{ weight: 20 }, { pause: 1s }, { weight: 100 }]'))} --foreground`);
    await until('the first weight', () => /weight=20%/.test(first.output()));
    first.interrupt();
    expect((await first.done).code).to.equal(130);
    const on = await shell.run('continue payments');
    expect([on.code, await stands()], on.err).to.deep.equal([0, ['Promoted', 'BakePassed', 100]]);
    const over = await shell.run('continue payments');
    expect([over.code, /no rollout under way: the last one is Promoted/.test(over.err)]).to.deep.equal([1, true]);
  });

  it('cancel is abort, and says so', async () => {
    await shell.run(`start ${planFile(PAUSES)} --foreground --wait`);
    const { code, err } = await shell.run('cancel payments');
    expect([code, await stands()]).to.deep.equal([0, ['Reverted', 'Aborted', 0]]);
    expect(err).to.match(
      /^cancel is `splitter abort payments` here\nReverted payments: aborted by dana\n(every caller is off green|not confirmed)[^\n]*\n/,
    );
  });

  it('nobody continues before the deadline of a pause: it is taken back, with exit 3', async () => {
    const { code, err } = await shell.run(
      `start ${planFile(plan('[{ weight: 20 }, { pause: { deadline: 500ms } }, { weight: 100 }]'))} --foreground`,
    );
    expect([code, await stands()]).to.deep.equal([3, ['Reverted', 'StepTimeout', 0]]);
    expect(err).to.match(/after 500ms: nobody resumed it at 20%/);
  });

  it('status tells the last change and the last healthy measurement, also when nobody measures any more', async () => {
    await shell.run(`start ${planFile(PAUSES)} --foreground --wait`);
    const { updatedAt, healthyAt, startedAt } = await shell.json('status payments');
    expect([healthyAt >= startedAt, updatedAt >= startedAt], `${startedAt} ${updatedAt} ${healthyAt}`).to.deep.equal([
      true,
      true,
    ]);
    expect((await shell.run('status payments')).out).to.include(
      `  changed  ${updatedAt}, last healthy measurement ${healthyAt}\n`,
    );
  });
}).timeout(60_000);
