import { expect } from 'chai';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { type Sidecar, startGateway } from './envoy.js';
import { type Instance, startInstance } from './instance.js';
import { type Load, send, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';
import { freePorts } from './ports.js';
import { endSplitters, startSplitter } from './program.js';
import { startRelay } from './relay.js';

interface Row {
  readonly kind: string;
  readonly name: string;
  readonly via: readonly string[];
  readonly certain: boolean;
  readonly read: boolean;
  readonly split: boolean;
  readonly routed: boolean;
  readonly share: number | null;
}

describe('everybody who reaches a service, on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let gateway: Sidecar;
  let shop: Instance;
  const urls: Record<'gateway' | 'front' | 'mix' | 'old', string> = { gateway: '', front: '', mix: '', old: '' };
  const loads: Load[] = [];

  before(async function () {
    this.timeout(150_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    const [listener, port, metrics, ...ups] = (await freePorts(6)) as [number, number, number, ...number[]];
    for (const Name of ['front', 'mix', 'old']) await mesh.putConfig({ Kind: 'service-defaults', Name, Protocol: 'http' });
    await mesh.putConfig({ Kind: 'service-router', Name: 'front', Routes: [{ Destination: { Service: SERVICE } }] });
    await mesh.putConfig({ Kind: 'service-splitter', Name: 'mix', Splits: [{ Weight: 100, Service: SERVICE }] });
    await mesh.putConfig({ Kind: 'service-resolver', Name: 'old', Redirect: { Service: SERVICE } });
    await mesh.putConfig({ Kind: 'api-gateway', Name: 'edge', Listeners: [{ Name: 'l', Port: listener, Protocol: 'http' }] });
    await mesh.putConfig({
      Kind: 'http-route',
      Name: 'all',
      Parents: [{ Kind: 'api-gateway', Name: 'edge', SectionName: 'l' }],
      Rules: [{ Matches: [{ Path: { Match: 'prefix', Value: '/' } }], Services: [{ Name: SERVICE }] }],
    });
    await mesh.consul.api('PUT', '/v1/agent/service/register', {
      Kind: 'api-gateway',
      Name: 'edge',
      ID: 'edge',
      Address: '127.0.0.1',
      Port: port,
      Proxy: { Config: { envoy_prometheus_bind_addr: `127.0.0.1:${metrics}` } },
    });
    await mesh.consul.api('PUT', '/v1/agent/service/register', {
      Name: 'maps',
      ID: 'maps',
      Address: '127.0.0.1',
      Port: 1,
      Connect: {
        SidecarService: { Port: 2, Proxy: { Mode: 'transparent' }, Checks: [{ Name: 'beside', AliasService: 'maps' }] },
      },
    });
    const upstreams = Object.fromEntries(['front', 'mix', 'old'].map((name, i) => [name, ups[i]!]));
    [gateway, shop] = await Promise.all([
      startGateway(mesh.consul, 'api', 'edge'),
      startInstance(mesh.consul, { service: 'shop', id: 'shop', port: 1, upstreams }),
    ]);
    urls.gateway = `http://127.0.0.1:${listener}/`;
    for (const name of ['front', 'mix', 'old'] as const) urls[name] = `http://127.0.0.1:${upstreams[name]}/`;
    for (const [name, url] of Object.entries(urls))
      await until(`an answer by ${name}`, async () => (await send(url)).status === 200);
  });
  after(async () => {
    await Promise.all([gateway?.kill(), shop?.sidecar.kill()]);
    await mesh?.stop();
  });
  afterEach(async () => {
    endSplitters();
    await Promise.all(loads.splice(0).map((load) => load.stop()));
    await mesh.reset();
  });
  const traffic = (url: string, rps: number, way: string): Load => {
    const load = startLoad({ url, rps, headers: { 'x-way': way } });
    loads.push(load);
    return load;
  };
  const rows = async (): Promise<readonly Row[]> => (await shell.json(`subsets ${SERVICE} --callers`)).callers;

  it('lists them with their names and ways, as doctor and the status do; Consul’s own topology knows none that is missing', async () => {
    const found = await rows();
    const say = ({ kind, name, via, certain, read, split, routed }: Row): string =>
      [kind, name, [...via].sort().join('+'), certain, read, split, routed].join(' ');
    expect(found.map(say).sort()).to.deep.equal([
      `api-gateway edge ${SERVICE} true true true false`,
      'sidecar shop front+mix+old true true false false',
      `sidecar web ${SERVICE} true true true true`,
      `transparent maps front+mix+old+${SERVICE} false false true true`,
    ]);
    const topology = await mesh.consul.api<{ Downstreams: { Name: string }[] }>(
      'GET',
      `/v1/internal/ui/service-topology/${SERVICE}?kind=`,
    );
    const names = found.map(({ name }) => name);
    for (const { Name } of topology?.Downstreams ?? []) expect(names).to.include(Name);
    const { checks } = await shell.json(`doctor ${SERVICE}`);
    const said = checks.filter(({ name }: { name: string }) => name === 'callers' || name === 'entrances');
    expect(said[0].message).to.match(/^3 of 3 callers can be read: .*edge \(API gateway\)/);
    expect(said[1].message).to.match(/^weights do not move all that shop sends/);
    expect(said[2].message).to.match(/^whether maps \(transparent proxy\) sends to payments cannot be seen/);
    const { entrances } = await shell.json(`status ${SERVICE}`);
    expect(entrances.map(({ name }: Row) => name).sort()).to.deep.equal([...names].sort());
  });

  for (const way of ['gateway', 'front', 'mix'] as const) {
    it(`takes a canary back that fails only what comes by ${way}, after at most 20 failed requests at 50 a second`, async () => {
      const [web, other] = [traffic(mesh.url, 25, 'web'), traffic(urls[way], 50, way)];
      const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 20 --hold 60s`);
      // Before the split both versions answer: a failure then would be none of the ramp's.
      await until('all on stable', () => /weight=0%/.test(ramp.output()) && shareOf('2', other.results().slice(-5)) === 1);
      mesh.apps.get('3')!.failsFor = way;
      expect(await ramp.exit, ramp.output()).to.equal(3);
      await until('stable has everything', () => shareOf('2', other.results().slice(-30)) === 1);
      const failed = failuresIn(await other.stop());
      process.stdout.write(`      ${failed.length} failed by ${way}\n`);
      expect(failed.length).to.be.within(1, 20);
      expect(failuresIn(await web.stop())).to.deep.equal([]);
      const shares = (await rows()).map(({ name, share }) => [name, share]);
      expect(Object.fromEntries(shares)[way === 'gateway' ? 'edge' : 'shop'], JSON.stringify(shares)).to.be.greaterThan(0);
    });
  }

  it('takes a canary back that fails all of one small caller, though that is far below the bound of all, and says when all are off', async () => {
    const [web, edge] = [traffic(mesh.url, 196, 'web'), traffic(urls.gateway, 4, 'gateway')];
    const file = planFile(`
service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 50 }, { pause: 60s }, { weight: 60 }]
signals: [{ name: errors, source: envoy, metric: errors, max: 5% }]
`);
    const ramp = startSplitter(mesh.address, `start ${file} --foreground`);
    await until('all on stable', () => /weight=0%/.test(ramp.output()) && shareOf('2', edge.results().slice(-5)) === 1);
    mesh.apps.get('3')!.failsFor = 'gateway';
    expect(await ramp.exit, ramp.output()).to.equal(3);
    const { message } = await shell.json(`status ${SERVICE}`);
    expect(message).to.match(/^errors: edge on \S+ alone: \d+% of \d+ requests failed, 0% of \d+ on stable/);
    expect(ramp.output()).to.match(/\nevery caller is off green: \d\.\d s after the revert was written\n/);
    const failed = failuresIn(await edge.stop()).length;
    process.stdout.write(`      ${failed} failed; ${/every caller.*/.exec(ramp.output())?.[0]}\n`);
    expect(failuresIn(await web.stop())).to.deep.equal([]);
  });

  it('names a caller whose sidecar gets nothing new within 5 s at 20 requests a second, holds the step until it does, and says when all are off', async () => {
    const relay = await startRelay(mesh.consul.grpcAddress);
    const [upstream] = (await freePorts(1)) as [number];
    const tills = await startInstance(mesh.consul, {
      service: 'tills',
      id: 'tills',
      port: 1,
      upstreams: { [SERVICE]: upstream },
      grpc: relay.address,
    });
    try {
      await until('an answer by tills', async () => (await send(`http://127.0.0.1:${upstream}/`)).status === 200);
      const web = traffic(mesh.url, 20, 'web');
      traffic(`http://127.0.0.1:${upstream}/`, 20, 'tills');
      const file = planFile(`
service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }, { pause: {} }, { weight: 50 }, { pause: 5s }, { weight: 90 }, { pause: {} }]
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`);
      const told = async (name: string) => {
        const { entrances, message } = await shell.json(`status ${SERVICE}`);
        const row = entrances?.find((one: { name: string }) => one.name === name);
        return { follows: row?.follows, message: String(message) };
      };
      relay.pause();
      const ramp = startSplitter(mesh.address, `start ${file} --foreground`);
      const reached = (percent: number) => until(`${percent}%`, () => ramp.output().includes(` weight=${percent}% `));
      await until('it has no split', async () => /tills on \S+ sends past the split/.test((await told('tills')).message));
      relay.resume();
      await until('it has', async () => (await told('tills')).follows === true);
      relay.pause();
      await shell.run(`resume ${SERVICE}`);
      await reached(50);
      const asked = Date.now();
      const said = /tills on \S+ still sends [\d.]+% to green \(asked 50%, (\d+) requests\): its sidecar does not follow/;
      let named: RegExpExecArray | null = null;
      await until('it is named', async () => {
        named = said.exec((await told('tills')).message);
        return named !== null;
      });
      process.stdout.write(`      named after ${Date.now() - asked} ms: ${named![0]}\n`);
      expect(Number(named![1]), 'of what it sends in 5 s').to.be.at.most(100);
      expect([(await told('tills')).follows, (await told('web')).follows]).to.deep.equal([false, true]);
      const { checks } = await shell.json(`doctor ${SERVICE}`);
      const warned = checks.filter(
        (check: { name: string; message: string }) => check.name === 'callers' && said.test(check.message),
      );
      expect(warned, JSON.stringify(checks)).to.have.length(1);
      expect(shareOf('3', web.results().slice(-40))).to.be.within(0.2, 0.8);
      await until('its step is over', async () => {
        const { step, message } = await shell.json(`status ${SERVICE}`);
        return step.index === 3 && Date.now() > Date.parse(step.enteredAt) + 6_000 && /^tills/.test(message);
      });
      relay.resume();
      await reached(90);
      await until('it follows again', async () => (await told('tills')).follows === true);
      relay.pause();
      const back = await shell.run(`abort ${SERVICE}`);
      expect(back.err).to.match(/not confirmed: tills on \S+ still sends \d+% to green/);
      relay.resume();
      expect(await ramp.exit, ramp.output()).to.equal(3);
      await until('all are off', async () => (await shell.json(`status ${SERVICE}`)).offCanary?.off === true);
    } finally {
      relay.resume();
      await tills.deregister();
      await tills.sidecar.kill();
      await relay.stop();
    }
  });

  it('tells of routes that an entrance goes past before they are made, and refuses those that all go past', async () => {
    const file = planFile(`
service: ${SERVICE}
protocol: http
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
route: { header: { name: x-canary, value: "1" } }
steps: [{ pause: {} }, { weight: 100 }]
signals: [{ name: errors, source: envoy, metric: errors, max: 5% }]
`);
    const running = startSplitter(mesh.address, `start ${file} --foreground`);
    await until('the open pause', () => /PauseStep/.test(running.output()));
    expect(running.output()).to.match(/Warning: 2 of 3 entrances go past service-router\/payments.*edge.*\[route\]/s);
    const tester = { 'x-canary': '1' };
    await until('testers reach green', async () => (await send(mesh.url, tester)).version === '3');
    // An Envoy may learn of the split a moment after another; ten of ten on stable is the split without the route.
    for (const way of ['gateway', 'front'] as const)
      await until(`testers by ${way} are all on stable`, async () => {
        const versions = await Promise.all(Array.from({ length: 10 }, async () => (await send(urls[way], tester)).version));
        return versions.every((version) => version === '2');
      });
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    await running.exit;
    await mesh.consul.api('PUT', '/v1/agent/service/deregister/web');
    await until('web is gone', async () => !(await rows()).some(({ name }) => name === 'web'));
    const refused = await shell.run(`start ${file} --foreground`);
    expect([refused.code, refused.err]).to.deep.equal([1, refused.err.match(/.*every entrance goes past[\s\S]*/)?.[0]]);
    expect(await mesh.config('service-router', SERVICE)).to.equal(undefined);
    const checks = (await shell.json(`doctor ${SERVICE} --plan ${file}`)).checks;
    expect(
      checks.some(({ name, verdict }: { name: string; verdict: string }) => name === 'route' && verdict === 'failed'),
    ).to.equal(true);
  });
});
