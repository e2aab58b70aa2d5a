import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const plan = (schedule: string, rest = 'blue: { version: "2" }, green: { version: "3" }'): string => `
service: payments
subsets: { ${rest} }
stable: blue
steps: [{ weight: 20 }, { pause: 200ms }, { weight: 100 }]
bake: 200ms
${schedule}
`;

describe('a controller with plans, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let controllers: Running[] = [];
  let folder: string;
  const control = (rest = ''): Running => {
    const running = shell.start(`run --listen 127.0.0.1:0 --log-format text ${rest}`);
    controllers.push(running);
    return running;
  };
  const status = async () => shell.json('status payments');
  const weight = async (): Promise<number | undefined> => (await status()).canary?.weight.stored;
  const phase = async (): Promise<string> => (await status()).phase;
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'splitter-run-'));
    sandbox = await startSandbox({ traffic: 100 });
    shell = new Shell(sandbox.consulAddress);
    controllers = [];
  });
  afterEach(async () => {
    for (const running of controllers) running.interrupt();
    await Promise.all(controllers.map(({ done }) => done));
    await sandbox.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('at: starts once, though two controllers live, and never again', async () => {
    const at = new Date(Date.now() + 4_000).toISOString();
    const both = [control('--id c1'), control('--id c2')];
    await shell.run(`apply ${planFile(plan(`schedule: { start: { at: ${at} } }`))}`);
    await until('the promotion', async () => (await phase()) === 'Promoted', 30_000);
    const { rollout, by } = await status();
    expect(by).to.match(/^schedule \(due /);
    const said = both.map((one) => one.output().match(/a rollout starts/g)?.length ?? 0);
    expect(
      said.reduce((sum, times) => sum + times, 0),
      both.map((one) => one.output()).join('\n'),
    ).to.equal(1);
    control('--id c3');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await status()).rollout).to.equal(rollout);
  });

  it('on: new_version starts when a version appears and passes its checks, and tries none twice', async () => {
    control();
    const auto = plan('schedule: { start: { on: new_version } }', 'blue: { version: auto }, green: { version: auto }');
    await shell.run(`apply ${planFile(auto)}`);
    await until('version 3 is promoted', async () => (await phase()) === 'Promoted', 30_000);
    const first = (await status()).rollout;
    sandbox.deploy('4');
    await until(
      'version 4 is promoted',
      async () => {
        const now = await status();
        return now.rollout !== first && now.phase === 'Promoted' && /"4"/.test(now.canary.filter);
      },
      30_000,
    );
    const second = (await status()).rollout;
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect((await status()).rollout).to.equal(second);
  });

  it('a freeze holds the advance and not the revert; status says what holds it', async () => {
    control();
    const watched = plan('signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]').replace(
      '{ weight: 20 }',
      '{ weight: 20 }, { pause: 3s }, { weight: 50 }',
    );
    await until('a controller', async () => (await shell.run(`start ${planFile(watched)}`)).code === 0);
    await until('the first weight', async () => (await weight()) === 20);
    expect((await shell.run('freeze on --reason incident')).code).to.equal(0);
    await until('status says so', async () => /froze/i.test(JSON.stringify(await status())), 10_000);
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    expect(await weight()).to.equal(20);
    sandbox.setBehaviour('3', { errorRate: 0.5 });
    await until('the revert', async () => (await phase()) === 'Reverted', 20_000);
    expect((await status()).reason).to.equal('SignalFailed');
    await shell.run('freeze off');
  });

  it('follows a directory: applied, changed, refused with its place, forgotten', async () => {
    const file = join(folder, 'payments.yaml');
    writeFileSync(file, plan(''));
    const running = control(`--plans ${folder}`);
    await until('the plan is applied', () => /plan applied from/.test(running.output()), 20_000);
    expect((await fetch(`${sandbox.consulAddress}/v1/kv/splitter/plans/payments`)).status).to.equal(200);
    writeFileSync(file, plan('').replace('weight: 20', 'wieght: 20'));
    await until(
      'it is refused',
      () => /payments\.yaml:5:\d+: .*wieght.*last good plan stays in force/.test(running.output()),
      20_000,
    );
    expect((await fetch(`${sandbox.consulAddress}/v1/kv/splitter/plans/payments`)).status).to.equal(200);
    rmSync(file);
    writeFileSync(join(folder, 'other.yaml'), plan('').replace('service: payments', 'service: orders\nprotocol: http'));
    await until('it is forgotten', () => /plan from .* is gone: forgotten/.test(running.output()), 20_000);
    expect((await fetch(`${sandbox.consulAddress}/v1/kv/splitter/plans/payments`)).status).to.equal(404);
    expect((await fetch(`${sandbox.consulAddress}/v1/config/service-splitter/payments`)).status).to.equal(200);
  });
}).timeout(90_000);
