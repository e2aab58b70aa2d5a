import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

describe('waves, on three sandboxes', () => {
  let sites: Sandbox[];
  let shells: Shell[];
  let controllers: Running[] = [];
  const plan = (): string => `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 50 }, { pause: 500ms }, { weight: 100 }]
bake: 500ms
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
waves:
  - { name: eu, address: "${sites[1]!.consulAddress}" }
  - { name: us, address: "${sites[2]!.consulAddress}" }
`;
  const phases = async (): Promise<readonly string[]> =>
    Promise.all(
      shells.map(async (shell) => {
        const { phase, reason } = await shell.json('status payments');
        return `${phase} ${reason}`;
      }),
    );
  beforeEach(async () => {
    sites = await Promise.all([1, 2, 3].map((seed) => startSandbox({ traffic: 200, seed })));
    shells = sites.map(({ consulAddress }) => new Shell(consulAddress));
    controllers = ['c1', 'c2'].map((id) => shells[0]!.start(`run --id ${id}`));
    await until('the controllers are registered', async () => {
      const answer = await fetch(`${sites[0]!.consulAddress}/v1/kv/splitter/controllers/?keys`);
      return answer.status === 200 && ((await answer.json()) as string[]).length === 2;
    });
  });
  afterEach(async () => {
    for (const running of controllers) running.interrupt();
    await Promise.all(controllers.map(({ done }) => done));
    await Promise.all(sites.map((sandbox) => sandbox.stop()));
  });

  it('go on at one site after the other under one id, and are all taken back by an undo at home', async () => {
    const started = await shells[0]!.run(`start ${planFile(plan())}`);
    expect([started.code, started.err]).to.deep.equal([0, started.err]);
    const seen: string[] = [];
    await until(
      'all are promoted',
      async () => {
        const now = await phases();
        if (now.join() !== seen.at(-1)) seen.push(now.join());
        return now.every((one) => one === 'Promoted BakePassed');
      },
      60_000,
    );
    const ids = await Promise.all(shells.map(async (shell) => (await shell.json('status payments')).rollout));
    expect(new Set(ids).size).to.equal(1);
    expect(
      seen.filter((one) => /^(?!Promoted).*,(Pro|Pen|Bak)/.test(one)),
      'a wave before home was promoted',
    ).to.deep.equal([]);
    await until('status tells of the waves', async () =>
      /every wave is promoted/.test((await shells[0]!.run('status payments')).out),
    );
    expect((await shells[0]!.run('undo payments')).code).to.equal(0);
    await until('all are back', async () => (await phases()).every((one) => /^Reverted/.test(one)), 30_000);
    expect(await phases()).to.deep.equal(['Reverted Undone', 'Reverted WaveReverted', 'Reverted WaveReverted']);
  });

  it('a wave that fails takes those before it back', async () => {
    sites[2]!.setBehaviour('3', { errorRate: 0.3 });
    await shells[0]!.run(`start ${planFile(plan())}`);
    await until('all are back', async () => (await phases()).every((one) => /^Reverted/.test(one)), 60_000);
    expect(await phases()).to.deep.equal(['Reverted WaveReverted', 'Reverted WaveReverted', 'Reverted SignalFailed']);
    expect((await shells[0]!.json('status payments')).message).to.match(/^it was taken back at us: errors: /);
  });

  it('a wave that cannot be reached is waited for, and told', async () => {
    sites[1]!.faults.leaderless = true;
    await shells[0]!.run(`start ${planFile(plan())}`);
    await until('home waits for eu', async () => /waiting for it/.test((await shells[0]!.run('status payments')).out), 30_000);
    expect((await shells[2]!.json('status payments')).phase).to.equal(null);
    sites[1]!.faults.leaderless = false;
    await until('all are promoted', async () => (await phases()).every((one) => one === 'Promoted BakePassed'), 60_000);
  });
}).timeout(120_000);
