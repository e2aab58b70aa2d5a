import { expect } from 'chai';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { type FaultyConsul, startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { type Running, Shell, until } from '../support/shell.js';

const group = (steps: string): string => `
group: checkout
services: [{ service: cart }, { service: stock }]
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
protocol: http
steps: [${steps}]
bake: 500ms
`;

describe('continue of a group, on the sandbox', () => {
  let sandbox: Sandbox;
  let shell: Shell;
  let controller: Running;
  let consul: FaultyConsul;
  beforeEach(async () => {
    sandbox = await startSandbox({ traffic: 100, service: 'cart' });
    consul = await startFaultyConsul(sandbox.consulAddress);
    shell = new Shell(consul.address);
    for (const version of ['2', '3']) {
      const Check = { CheckID: `stock-${version}`, Name: 'ready', TTL: '24h', Status: 'passing' };
      const SidecarService = { Checks: [{ Name: 'beside', AliasService: `stock-${version}` }] };
      const body = { ID: `stock-${version}`, Name: 'stock', Port: 9_000, Meta: { version }, Check, Connect: { SidecarService } };
      await fetch(`${sandbox.consulAddress}/v1/agent/service/register`, { method: 'PUT', body: JSON.stringify(body) });
    }
    controller = new Shell(sandbox.consulAddress).start('run --id one --listen 127.0.0.1:0');
    const keys = `${sandbox.consulAddress}/v1/kv/splitter/controllers/?keys`;
    await until('the controller lives', async () => (await fetch(keys)).ok);
  });
  afterEach(async () => {
    controller.interrupt();
    await controller.done;
    await consul.stop();
    await sandbox.stop();
  });
  const phases = async (): Promise<string> => {
    const { services } = await shell.json('status checkout');
    return services.map((one: { phase: string; reason: string }) => `${one.phase} ${one.reason}`).join(', ');
  };

  it('asks for what its members take, goes on from the pause of both, and --wait waits for the next', async () => {
    expect(
      (
        await shell.run(
          `start ${planFile(group('{ weight: 10 }, { pause: {} }, { weight: 50 }, { pause: {} }, { weight: 100 }'))}`,
        )
      ).code,
    ).to.equal(0);
    await until('both wait for a person', async () => (await phases()) === 'Paused PauseStep, Paused PauseStep', 20_000);
    consul.forget();
    const ran = await shell.run('continue checkout --wait');
    expect([ran.code, ran.err], ran.out).to.deep.equal([5, ran.err]);
    expect(ran.err).to.match(
      /^continue is `splitter resume checkout` here\nResumed cart: .*\nResumed stock: .*\nthe controller one drives it on\.\n/,
    );
    const asked = consul.writes.filter(({ url }) => url.includes('/internal/acl/authorize')).map(({ body }) => JSON.parse(body));
    const services = asked.flat().flatMap((one) => (one.Resource === 'service' ? [one.Segment] : []));
    expect([...new Set(services)]).to.deep.equal(['cart', 'stock']);
    expect((await shell.json('status cart')).canary.weight.stored).to.equal(50);
  });

  it('promotes both at a reached target, and --wait waits for the promotion', async () => {
    expect((await shell.run(`start ${planFile(group('{ weight: 20 }'))}`)).code).to.equal(0);
    await until('both are at the target', async () => (await phases()) === 'Paused TargetReached, Paused TargetReached', 20_000);
    const ran = await shell.run('continue checkout --wait');
    expect(ran.err).to.match(/^continue is `splitter promote checkout` here\nPromoted cart: .*\nPromoted stock: /);
    expect([ran.code, (await shell.json('status cart')).phase], ran.err).to.deep.equal([0, 'Promoted']);
  });
}).timeout(90_000);
