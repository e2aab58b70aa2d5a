import { expect } from 'chai';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { type Load, send, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';

import { endSplitters, type SplitterProcess, startSplitter } from './program.js';

const TESTER = { 'x-canary': '1' };

const plan = (route: string, steps: string): string => `
service: ${SERVICE}
protocol: http
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
route: ${route}
steps: ${steps}
bake: 1s
signals: [{ name: errors, source: envoy, metric: errors, max: 5% }]
`;

describe('routes on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  const loads: Load[] = [];
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
  });
  after(() => mesh?.stop());
  afterEach(async () => {
    endSplitters();
    await Promise.all(loads.splice(0).map((load) => load.stop()));
    await mesh.reset();
  });
  const traffic = (rps: number, headers: Readonly<Record<string, string>> = {}): Load => {
    const load = startLoad({ url: mesh.url, rps, headers });
    loads.push(load);
    return load;
  };
  const start = (text: string): SplitterProcess => startSplitter(mesh.address, `start ${planFile(text)} --foreground`);
  const router = () => mesh.config('service-router', SERVICE);
  const allOn = (load: Load, version: string) =>
    until(`all on ${version}`, () => shareOf(version, load.results().slice(-30)) === 1);

  it('testers reach green by a header at weight 0, and not one request fails while the route is made and unmade under load', async () => {
    const [users, testers] = [traffic(80), traffic(40, TESTER)];
    const running = start(plan('{ header: { name: x-canary, value: "1" } }', '[{ pause: {} }, { weight: 100 }]'));
    await until('the open pause', () => /PauseStep/.test(running.output()));
    expect((await shell.json(`status ${SERVICE}`)).canary.weight.stored).to.equal(0);
    await allOn(testers, '3');
    await allOn(users, '2');
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    expect(await running.exit, running.output()).to.equal(3);
    expect(await router(), 'the router is gone').to.equal(undefined);
    await allOn(testers, '2');
    // Once more, through to the promotion.
    const second = start(plan('{ header: { name: x-canary, value: "1" } }', '[{ pause: {} }, { weight: 100 }]'));
    await until('the open pause', () => /PauseStep/.test(second.output()));
    await allOn(testers, '3');
    expect((await shell.run(`resume ${SERVICE}`)).code).to.equal(0);
    expect(await second.exit, second.output()).to.equal(0);
    expect(await router(), 'the router is gone').to.equal(undefined);
    await allOn(users, '3');
    const outcomes = (await Promise.all([users.stop(), testers.stop()])).flat();
    process.stdout.write(`      ${outcomes.length} requests, ${failuresIn(outcomes).length} failed\n`);
    expect(failuresIn(outcomes)).to.deep.equal([]);
  });

  it('a router of others is merged and put back as it was, also when the driver is killed and somebody aborts', async () => {
    const own = {
      Kind: 'service-router',
      Name: SERVICE,
      Routes: [
        { Match: { HTTP: { PathPrefix: '/slow' } }, Destination: { RequestTimeout: '20s', NumRetries: 1 } },
        { Match: { HTTP: { PathExact: '/other' } }, Destination: { Service: 'elsewhere', PrefixRewrite: '/' } },
      ],
      Meta: { team: 'payments' },
    };
    await mesh.putConfig({ Kind: 'service-defaults', Name: 'elsewhere', Protocol: 'http' });
    await mesh.putConfig(own);
    const before = await router();
    const running = start(plan('{ cookie: { name: canary, value: "yes" } }', '[{ pause: {} }, { weight: 50 }]'));
    await until('the open pause', () => /PauseStep/.test(running.output()));
    const tester = { cookie: 'theme=dark; canary=yes' };
    await until('a tester on green', async () => (await send(mesh.url, tester)).version === '3');
    await until('a tester on green below /slow', async () => (await send(`${mesh.url}slow`, tester)).version === '3');
    expect((await send(`${mesh.url}slow`)).version).to.equal('2');
    running.kill('SIGKILL');
    await running.exit;
    expect((await send(mesh.url, tester)).version, 'the route outlives its driver').to.equal('3');
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    const { ModifyIndex: _, CreateIndex: __, Hash: ___, ...after } = (await router())!;
    const { ModifyIndex: ____, CreateIndex: _____, Hash: ______, ...was } = before!;
    expect(after).to.deep.equal(was);
  });

  it('a failing green is taken back while only testers reach it', async () => {
    const testers = traffic(40, TESTER);
    const running = start(plan('{ header: { name: x-canary, value: "1" } }', '[{ pause: {} }, { weight: 50 }]'));
    await until('the open pause', () => /PauseStep/.test(running.output()));
    await allOn(testers, '3');
    mesh.apps.get('3')!.errorRate = 0.5;
    expect(await running.exit, running.output()).to.equal(3);
    expect(await router()).to.equal(undefined);
    expect((await shell.json(`status ${SERVICE}`)).reason).to.equal('SignalFailed');
  });

  it('sticky users stay on the leg they met, and go back with a revert', async () => {
    const background = traffic(40);
    const running = start(plan('{ sticky: { for: 10m } }', '[{ weight: 50 }, { pause: {} }]'));
    await until('the open pause', () => /PauseStep/.test(running.output()));
    const met = new Map<string, string>();
    await until('a user of each leg', async () => {
      const { version, cookies = [] } = await send(mesh.url);
      const cookie = cookies.find((one) => one.startsWith(`splitter-${SERVICE}=`))?.split(';')[0];
      if (version !== undefined && cookie !== undefined) met.set(version, cookie);
      return met.size === 2;
    });
    const again = (version: string) =>
      Promise.all(Array.from({ length: 40 }, () => send(mesh.url, { cookie: `a=b; ${met.get(version)}` })));
    for (const version of ['2', '3']) expect(shareOf(version, await again(version)), `users of ${version} stay`).to.equal(1);
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    await allOn(background, '2');
    await until('sticky users of green are back', async () => shareOf('2', await again('3')) === 1);
    expect((await send(mesh.url)).cookies, 'no cookie any more').to.equal(undefined);
    expect(failuresIn(await background.stop())).to.deep.equal([]);
  });
}).timeout(60_000);
