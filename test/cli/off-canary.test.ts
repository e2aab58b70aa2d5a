import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const PLAN = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 50 }, { pause: {} }, { weight: 100 }]
signals: [{ name: errors, source: envoy, metric: errors, max: 5% }]
`;
const OFF = /every caller is off green: \d\.\d s after the revert was written/;

describe('the canary that was taken back, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200 });
    shell = new Shell(sandbox.consulAddress);
  });
  afterEach(() => sandbox.stop());
  const fail = async (share: string): Promise<void> => {
    const put = await fetch(`${sandbox.consulAddress}/sandbox/behaviour?version=3&errors=${share}`, { method: 'PUT' });
    expect(put.status).to.equal(200);
  };

  it('is said to get nothing any more at the end of a drive, with the time that took; by a status, a watch and the history too', async () => {
    await fail('100%');
    const ended = await shell.run(`start ${planFile(PLAN)} --foreground -o json`);
    expect(ended.code).to.equal(3);
    const told = ended.out
      .trim()
      .split('\n')
      .slice(-2)
      .map((line) => JSON.parse(line));
    expect(told.map(({ type }) => type)).to.deep.equal(['off-canary', 'end']);
    expect(told[0]).to.deep.include({ subset: 'green', off: true });
    expect(told[0].ms).to.be.within(0, 3_000);
    expect(told[0].message).to.match(OFF);
    expect(ended.err).to.contain(`${told[0].message}\n`);
    const { offCanary, phase } = await shell.json('status payments');
    expect([phase, offCanary.off, offCanary.subset]).to.deep.equal(['Reverted', true, 'green']);
    expect((await shell.run('status payments')).out).to.match(/\n {2}callers {2}every caller is off green/);
    expect((await shell.run('status payments -w')).err).to.match(/\nevery caller is off green/);
    const [rollout] = (await shell.json('history payments')).rollouts;
    expect(rollout.entries.at(-1)).to.include({ phase: 'Reverted', off: told[0].message });
    expect((await shell.run('history payments')).out).to.contain(`\n    ${told[0].message}\n`);
  });

  it('is so after an abort, but not where the next rollout gives it traffic again', async () => {
    await shell.run(`start ${planFile(PLAN)} --foreground --wait`);
    expect((await shell.json('status payments')).offCanary).to.equal(undefined);
    const aborted = await shell.run('abort payments');
    expect(aborted.err).to.match(/^Reverted payments: .*\nevery caller is off green/);
    expect((await shell.run('abort payments')).err, 'what does nothing says nothing').to.match(/^Nothing to do: [^\n]*\n$/);
  });

  it('is looked after by the controller that takes it back: its log tells', async () => {
    const controller: Running = shell.start('run --id one --listen 127.0.0.1:0 --log-format json');
    try {
      await shell.run(`apply ${planFile(PLAN)}`);
      await until('the controller lives', async () => (await shell.run('start payments --wait')).code === 5);
      await fail('100%');
      await until('it says so', () => OFF.test(controller.output()));
      const line = controller
        .output()
        .split('\n')
        .find((one) => OFF.test(one));
      expect(JSON.parse(line!)).to.include({ service: 'payments', what: 'off-canary', subset: 'green', off: true });
      await until('the log of decisions has it', async () =>
        OFF.test((await shell.json('history payments')).rollouts[0].entries.at(-1).off ?? ''),
      );
    } finally {
      controller.interrupt();
      await controller.done;
    }
  });
});
