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
