import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const SIGNALS = 'signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]';
const group = (steps = '{ weight: 10 }, { pause: 500ms }, { weight: 50 }, { pause: 500ms }, { weight: 100 }', bake = '500ms') => `
group: checkout
services:
  - { service: cart, ${SIGNALS} }
  - { service: stock }
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
protocol: http
steps: [${steps}]
bake: ${bake}
`;

describe('groups, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let controllers: Running[] = [];
  const call = (method: string, path: string, body?: unknown) =>
    fetch(`${sandbox.consulAddress}/v1${path}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const deploy = async (service: string, version: string): Promise<void> => {
    const Check = { CheckID: `${service}-${version}`, Name: 'ready', TTL: '24h', Status: 'passing' };
    const SidecarService = { Checks: [{ Name: 'beside', AliasService: `${service}-${version}` }] };
    const registration = {
      ID: `${service}-${version}`,
      Name: service,
      Port: 9_000,
      Meta: { version },
      Check,
      Connect: { SidecarService },
    };
    await call('PUT', '/agent/service/register', registration);
  };
  const control = async (...ids: readonly string[]): Promise<void> => {
    for (const id of ids) controllers.push(shell.start(`run --id ${id}`));
    await until('the controllers are registered', async () => {
      const answer = await call('GET', '/kv/splitter/controllers/?keys');
      return answer.status === 200 && ((await answer.json()) as string[]).length === controllers.length;
    });
  };
  const phases = async (): Promise<string> => {
    const { services } = await shell.json('status checkout');
    return services.map((one: { phase: string; reason: string }) => `${one.phase} ${one.reason}`).join(', ');
  };
  const steps = async (service: string): Promise<number> => (await shell.json(`status ${service}`)).step.index;
  const changedAt = async (service: string): Promise<number> => (await shell.json(`status ${service}`)).modifyIndex;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 200, service: 'cart' });
    shell = new Shell(sandbox.consulAddress);
    controllers = [];
    for (const version of ['2', '3']) await deploy('stock', version);
  });
  afterEach(async () => {
    for (const running of controllers) running.interrupt();
    await Promise.all(controllers.map(({ done }) => done));
    await sandbox.stop();
  });

  it('ramp in lock step to the promotion of both, and are undone together', async () => {
    await control('c1', 'c2');
    const started = await shell.run(`start ${planFile(group())}`);
    expect([started.code, started.err]).to.deep.equal([0, started.err]);
    expect(started.err).to.match(/Started checkout: cart, stock in lock step/);
    const { services } = await shell.json('status checkout');
    expect(services[0].rollout).to.equal(services[1].rollout);
    let apart = 0;
    await until(
      'the promotion of both',
      async () => {
        apart = Math.max(apart, Math.abs((await steps('cart')) - (await steps('stock'))));
        return (await phases()) === 'Promoted BakePassed, Promoted BakePassed';
      },
      40_000,
    );
    expect(apart).to.be.at.most(1);
    const undone = await shell.run('undo cart');
    expect([undone.code, undone.err]).to.deep.equal([0, undone.err]);
    await until('both are back', async () => /^Reverted \w+, Reverted \w+$/.test(await phases()));
    expect(await changedAt('stock')).to.be.lessThan(await changedAt('cart'));
  });

  it('are taken back together when one fails', async () => {
    await control('c1', 'c2');
    sandbox.setBehaviour('3', { errorRate: 0.3 });
    await shell.run(`start ${planFile(group())}`);
    await until('the revert', async () => (await phases()) === 'Reverted SignalFailed, Reverted GroupReverted', 30_000);
    expect((await shell.json('status stock')).message).to.match(/^cart, in the group checkout, was taken back: errors: /);
  });

  it('wait for a member that a person holds, and are aborted by name, last first', async () => {
    await control('c1');
    await shell.run(`apply ${planFile(group('{ weight: 10 }, { pause: 2s }, { weight: 50 }, { pause: {} }, { weight: 100 }'))}`);
    expect((await shell.run('start checkout')).code).to.equal(0);
    await until('the first weight', async () => (await shell.json('status stock')).canary?.weight.stored === 10, 20_000);
    expect((await shell.run('pause stock')).err).to.match(/In lock step in checkout, cart wait for it/);
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    expect((await shell.json('status cart')).canary.weight.stored).to.equal(10);
    expect((await shell.run('status cart')).out).to.match(/group {4}checkout, in lock step: cart .*, stock Paused \(Operator\)/);
    await shell.run('resume stock');
    await until('both wait for a person', async () => (await phases()) === 'Paused PauseStep, Paused PauseStep', 20_000);
    expect((await shell.run('resume cart')).code).to.equal(0);
    expect((await shell.json('status cart')).canary.weight.stored, 'one alone goes no further').to.equal(50);
    const aborted = await shell.run('abort checkout');
    expect([aborted.code, aborted.err]).to.deep.equal([0, aborted.err]);
    await until('both are back', async () => /^Reverted \w+, Reverted Aborted$/.test(await phases()));
    expect(await changedAt('stock')).to.be.lessThan(await changedAt('cart'));
  });

  it('nothing is written when one member is not ready, when nobody would drive them, or in the foreground', async () => {
    const file = planFile(group());
    const nobody = await shell.run(`start ${file}`);
    expect([nobody.code, nobody.err]).to.deep.equal([1, nobody.err]);
    expect(nobody.err).to.match(/no controller runs/);
    expect((await shell.run(`start ${file} --foreground`)).err).to.match(
      /checkout is a group, .*--foreground drives one service/,
    );
    await control('c1');
    await call('PUT', '/agent/service/deregister/stock-2');
    const refused = await shell.run(`start ${file}`);
    expect([refused.code, refused.err]).to.deep.equal([1, refused.err]);
    expect(refused.err).to.match(/Nothing was written/);
    expect((await shell.json('status cart')).modifyIndex).to.equal(null);
  });

  it('are shown member by member by plan, and one member starts with the others only', async () => {
    const file = planFile(group());
    const { group: name, services } = await shell.json(`plan ${file}`);
    expect([name, services.map(({ service }: { service: string }) => service)]).to.deep.equal(['checkout', ['cart', 'stock']]);
    await shell.run(`apply ${file}`);
    const alone = await shell.run('start stock');
    expect([alone.code, alone.err]).to.deep.equal([1, alone.err]);
    expect(alone.err).to.match(/stock is a member of the group checkout/);
  });
}).timeout(90_000);
