import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type Receiver, startReceiver } from '../notify/receiver.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';

const plan = (notify: string, steps = '[{ weight: 10 }, { weight: 100 }]', more = ''): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: ${steps}
bake: 100ms
notify: ${notify}
${more}
`;

describe('notices of a drive in the foreground, on the sandbox', () => {
  let sandbox: Sandbox;
  let receiver: Receiver;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100 });
    receiver = await startReceiver();
    shell = new Shell(sandbox.consulAddress, { HOOK: `${receiver.address}/path-s3cret`, PATH: process.env.PATH ?? '' });
  });
  afterEach(async () => {
    await sandbox.stop();
    await receiver.close();
  });

  const events = (): { id: string; type: string; data: Record<string, unknown> }[] =>
    receiver.got.map(({ body }) => JSON.parse(body));
  const kinds = (): string[] => events().map(({ type }) => type.replace('dev.splitter.rollout.', ''));

  it('tell of everything that was asked for, in order, each with an id of its own', async () => {
    const all = 'on: [started, step, paused, promoted]';
    const file = planFile(plan(`[{ webhook: { url_env: HOOK }, ${all} }]`));
    const { code, out, err } = await shell.run(`start ${file} --foreground`);
    expect(code, out + err).to.equal(0);
    expect(kinds()).to.deep.equal(['started', 'step', 'step', 'promoted']);
    expect(new Set(events().map(({ id }) => id)).size).to.equal(4);
    expect(events().at(-1)!.data).to.include({ service: 'payments', kind: 'promoted', phase: 'Promoted', by: 'dana' });
    expect(out + err).to.not.match(/s3cret|Notice/);
  });

  it('hold up no revert while the receiver is silent; the next drive tells the rest', async () => {
    receiver.replies = ['silence'];
    const fails = `signals: [{ name: own, source: exec, command: [node, -e, "process.exit(1)"], interval: 100ms, failure_limit: 0 }]`;
    const file = planFile(plan('[{ webhook: { url_env: HOOK } }]', '[{ weight: 10 }, { pause: 10m }]', fails));
    const { code, out, err } = await shell.run(`start ${file} --foreground`);
    expect(code, out + err).to.equal(3);
    expect(err).to.include('Not told everything yet: webhook (url_env HOOK) of payments; a controller, or the next drive of it');
    expect(out + err).to.not.include('s3cret');
    receiver.replies = [200];
    receiver.got.length = 0;
    const again = planFile(plan('[{ webhook: { url_env: HOOK } }]'));
    expect((await shell.run(`start ${again} --foreground`)).code).to.equal(0);
    expect(kinds()).to.deep.equal(['started', 'reverted', 'started', 'promoted']);
  });

  it('tell of what an operator does meanwhile', async () => {
    const file = planFile(plan('[{ slack: { webhook_env: HOOK } }]', '[{ weight: 10 }, { pause: {} }]'));
    const running = shell.start(`start ${file} --foreground`);
    await until('it waits', () => /PauseStep/.test(running.output()));
    await shell.run('abort payments');
    expect((await running.done).code).to.equal(3);
    const titles = receiver.got.map(({ body }) => JSON.parse(body).blocks[0].text.text);
    expect(titles).to.deep.equal([
      'payments: rollout of green "3" started',
      'payments is paused with green "3" at 10% (PauseStep)',
      'payments is reverted to blue "2" (Aborted)',
    ]);
  });

  it('say what is wrong with a channel, and drive on', async () => {
    receiver.replies = [404];
    const file = planFile(
      plan('[{ webhook: { url_env: HOOK }, on: [promoted] }, { slack: { webhook_env: NONE }, on: [promoted] }]'),
    );
    const { code, err } = await shell.run(`start ${file} --foreground`);
    expect(code).to.equal(0);
    expect(err).to.match(
      /Notice: webhook \(url_env HOOK\) of payments: gave up telling it that ".*": HTTP 404, so the receiver is gone/,
    );
    expect(err).to.match(/Notice: slack \(webhook_env NONE\) of payments: cannot be told now: NONE is not set/);
    expect(err).to.not.include('s3cret');
  });
});
