import { expect } from 'chai';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { type Sidecar, startGateway } from './envoy.js';
import { startInstance } from './instance.js';
import { type Load, send, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failureSpan, failuresIn, shareOf } from './outcomes.js';
import { freePort, freePorts } from './ports.js';
import { endSplitters, startSplitter } from './program.js';
import { redirect } from './redirect.js';
import { startServiceApp } from './service.js';

/** Failed requests of a canary that fails all that one entrance sends, at 50 requests a second and half of the traffic. */
const FAILED = 20;
/** The entrance that nobody reads; its requests say so. */
const EDGE = 'edge';

describe('both sides on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let gateway: Sidecar | undefined;
  let edge: string;
  const loads: Load[] = [];
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    [edge, gateway] = await openEdge(mesh);
  });
  after(async () => {
    await gateway?.stop();
    await mesh?.stop();
  });
  afterEach(async () => {
    endSplitters();
    await Promise.all(loads.splice(0).map((load) => load.stop()));
    await mesh.reset();
  });
  const traffic = (url: string, rps: number): Load => {
    const load = startLoad({ url, rps, ...(url === edge ? { headers: { 'x-way': EDGE } } : {}) });
    loads.push(load);
    return load;
  };
  /** Everybody is on blue before the ramp, as in a mesh that is used; otherwise callers meet the bad version without any ramp. */
  const onBlue = async (): Promise<void> => {
    const filter = (version: string) => ({ Filter: `Service.Meta.version == "${version}"` });
    const Subsets = { blue: filter('2'), green: filter('3') };
    await mesh.putConfig({ Kind: 'service-resolver', Name: SERVICE, DefaultSubset: 'blue', Subsets });
    await until('nobody is on green', async () => {
      const answers = await Promise.all([edge, mesh.url].flatMap((url) => Array.from({ length: 10 }, () => send(url))));
      return answers.every(({ version }) => version === '2');
    });
  };
  const status = () => shell.json(`status ${SERVICE}`);

  it('takes back a canary that fails only what comes through a gateway whose metrics nobody can read', async () => {
    await onBlue();
    traffic(mesh.url, 50);
    const throughEdge = traffic(edge, 50);
    mesh.apps.get('3')!.failsFor = EDGE;
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s`);
    expect(await ramp.exit, ramp.output()).to.equal(3);
    await until('stable has everything', () => shareOf('2', throughEdge.results().slice(-50)) === 1);
    const failed = failuresIn(throughEdge.results()).length;
    const { first, last } = failureSpan(throughEdge.results())!;
    process.stdout.write(`      ${failed} failed requests in ${last - first} ms\n`);
    expect(failed).to.be.within(1, FAILED);
    const { phase, reason, message } = await status();
    expect([phase, reason]).to.deep.equal(['Reverted', 'SignalFailed']);
    expect(message).to.match(/seen: \d+% of canary's requests by its callers, the rest by what its instances answered/);
  });

  it('judges by the instances alone where no caller that can be read sends anything', async () => {
    await onBlue();
    const throughEdge = traffic(edge, 50);
    mesh.apps.get('3')!.errorRate = 1;
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s --signal errors=1%`);
    expect(await ramp.exit, ramp.output()).to.equal(3);
    const failed = failuresIn(throughEdge.results()).length;
    const { first, last } = failureSpan(throughEdge.results())!;
    process.stdout.write(`      ${failed} failed requests in ${last - first} ms\n`);
    expect(failed).to.be.within(1, FAILED);
    expect((await status()).message).to.match(/seen: 0% of canary's requests by its callers/);
  });

  it('takes back a canary that fails only what comes through a transparent proxy, which nothing names as a caller', async () => {
    await onBlue();
    const outbound = await freePort();
    const tours = await startInstance(mesh.consul, { service: 'tours', id: 'tours', port: 1, transparentAt: outbound });
    await mesh.putConfig({ Kind: 'service-intentions', Name: SERVICE, Sources: [{ Name: 'tours', Action: 'allow' }] });
    const [{ ServiceTaggedAddresses } = {}] = (await mesh.consul.api<
      readonly { readonly ServiceTaggedAddresses?: Readonly<Record<string, { readonly Address: string }>> }[]
    >('GET', `/v1/catalog/service/${SERVICE}-sidecar-proxy`))!;
    const address = ServiceTaggedAddresses!['consul-virtual']!.Address;
    const redirected = redirect(address, outbound);
    try {
      const url = `http://${address}/`;
      await until('an answer through the transparent proxy', async () => (await send(url)).status === 200);
      await until('it is known to send', async () => {
        const { callers } = await shell.json(`subsets ${SERVICE} --callers`);
        return callers.some(({ name, share }: { name: string; share: number | null }) => name === 'tours' && (share ?? 0) > 0);
      });
      traffic(mesh.url, 50);
      const throughTours = startLoad({ url, rps: 50, headers: { 'x-way': 'tours' } });
      loads.push(throughTours);
      mesh.apps.get('3')!.failsFor = 'tours';
      const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 20 --hold 60s`);
      expect(await ramp.exit, ramp.output()).to.equal(3);
      await until('stable has everything', () => shareOf('2', throughTours.results().slice(-50)) === 1);
      const failed = failuresIn(throughTours.results()).length;
      process.stdout.write(`      ${failed} failed requests\n`);
      expect(failed).to.be.within(1, FAILED);
    } finally {
      redirected.undo();
      await Promise.all(loads.splice(0).map((load) => load.stop()));
      await mesh.consul.api('DELETE', `/v1/config/service-intentions/${SERVICE}`);
      await tours.deregister();
      await tours.sidecar.kill();
    }
  });

  it('counts a service whose name has dots, and takes its canary back', async () => {
    const name = 'v1.books';
    const [up] = (await freePorts(1)) as [number];
    await mesh.putConfig({ Kind: 'service-defaults', Name: name, Protocol: 'http' });
    const apps = await Promise.all(['2', '3'].map(startServiceApp));
    const instances = await Promise.all([
      ...apps.map(({ version, port }) =>
        startInstance(mesh.consul, { service: name, id: `books-${version}`, port, meta: { version } }),
      ),
      startInstance(mesh.consul, { service: 'reader', id: 'reader', port: 1, upstreams: { [name]: up } }),
    ]);
    try {
      const url = `http://127.0.0.1:${up}/`;
      await until('an answer', async () => (await send(url)).status === 200);
      const load = startLoad({ url, rps: 50 });
      loads.push(load);
      apps[1]!.errorRate = 1;
      const ramp = startSplitter(mesh.address, `ramp ${name} --to 20 --hold 60s`);
      expect(await ramp.exit, ramp.output()).to.equal(3);
      const { reason, signals } = await shell.json(`status ${name}`);
      expect(reason).to.equal('SignalFailed');
      expect(signals.find((one: { name: string }) => one.name === 'errors').samples).to.be.greaterThan(0);
    } finally {
      await Promise.all(loads.splice(0).map((load) => load.stop()));
      await Promise.all(instances.map(({ deregister }) => deregister()));
      await Promise.all(instances.map(({ sidecar }) => sidecar.kill()));
      await Promise.all(apps.map((app) => app.stop()));
    }
  });

  it('shows the share that is counted, promotes nothing on half of it without saying half, and holds below what a plan asks for', async () => {
    const [throughWeb, throughEdge] = [traffic(mesh.url, 50), traffic(edge, 50)];
    const plan = (coverage: string): string =>
      planFile(
        `service: ${SERVICE}\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue\nsteps: [{ weight: 50 }, { pause: 3s }, { weight: 60 }]\n${coverage}\nsignals: [{ name: errors, source: envoy, metric: errors, max: 1% }]\n`,
      );
    const held = startSplitter(mesh.address, `start ${plan('coverage: { min: 95% }\nstep_timeout: 8s')} --foreground`);
    expect(await held.exit, held.output()).to.equal(5);
    expect((await status()).message).to.match(
      /^after [^:]*: \d+% of (green|blue)'s requests are counted by its callers, of at least 95%/,
    );
    await shell.run(`abort ${SERVICE}`);
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 4s`);
    let seen: Awaited<ReturnType<typeof status>> | undefined;
    await until('coverage is known', async () => {
      seen = await status().catch(() => undefined);
      return seen?.canary?.coverage != null && seen.stable.coverage != null && seen.signals[0].samples > 100;
    });
    expect(seen!.canary.coverage).to.be.within(35, 65);
    expect(seen!.stable.coverage).to.be.within(35, 65);
    expect(seen!.signals[0].message).to.match(/seen: [3-6]\d% of canary's requests by its callers/);
    expect(seen!.signals[0].samples, 'both entrances are counted').to.be.at.least(100);
    expect(await ramp.exit, ramp.output()).to.be.oneOf([0, 5]);
    for (const load of [throughWeb, throughEdge]) expect(load.results().length).to.be.above(100);
  });
});

/** An API gateway without a metrics address, bound to the service; resolves when it is served through it. */
async function openEdge(mesh: Mesh): Promise<[string, Sidecar]> {
  const [port, own] = (await freePorts(2)) as [number, number];
  await mesh.putConfig({ Kind: 'api-gateway', Name: EDGE, Listeners: [{ Name: 'all', Port: port, Protocol: 'http' }] });
  await mesh.putConfig({
    Kind: 'http-route',
    Name: EDGE,
    Parents: [{ Kind: 'api-gateway', Name: EDGE, SectionName: 'all' }],
    Rules: [{ Matches: [{ Path: { Match: 'prefix', Value: '/' } }], Services: [{ Name: SERVICE }] }],
  });
  const registration = { ID: EDGE, Name: EDGE, Kind: 'api-gateway', Address: '127.0.0.1', Port: own };
  await mesh.consul.api('PUT', '/v1/agent/service/register', registration);
  const gateway = await startGateway(mesh.consul, 'api', EDGE);
  const url = `http://127.0.0.1:${port}/`;
  await until('an answer through the gateway', async () => (await send(url)).status === 200);
  return [url, gateway];
}
