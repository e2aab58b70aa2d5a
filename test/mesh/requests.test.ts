import { expect } from 'chai';
import { Shell, until } from '../support/shell.js';
import type { GrpcLoad } from './grpc-load.js';
import { BOOKS, type GrpcMesh, startGrpcMesh } from './grpc-mesh.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { endSplitters, startSplitter } from './program.js';

/** How long callers wait for an answer, ms. */
const PATIENCE = 1_000;

describe('requests that get no answer, and codes, on a real mesh', () => {
  let mesh: Mesh;
  let books: GrpcMesh;
  let shell: Shell;
  let load: Load | GrpcLoad | undefined;
  before(async function () {
    this.timeout(180_000);
    mesh = await startMesh();
    books = await startGrpcMesh(mesh.consul);
    shell = new Shell(mesh.address);
  });
  after(async () => {
    await mesh?.deleteConfig('service-splitter', BOOKS);
    await books?.stop();
    await mesh?.stop();
  });
  afterEach(async () => {
    endSplitters();
    await load?.stop();
    load = undefined;
    Object.assign(books.apps[3], { share: 0, hangs: false });
    await mesh.reset();
  });
  const traffic = (rps = 100): Load => {
    const running = startLoad({ url: mesh.url, rps, connections: 300, patience: PATIENCE });
    load = running;
    return running;
  };
  const reached = async (ramp: { output(): string }): Promise<void> => {
    const target = until('the target is reached', () => /TargetReached/.test(ramp.output()));
    await target.catch((error: Error) => Promise.reject(new Error(`${error.message}\n${ramp.output()}`)));
  };
  const takenBack = async (service: string, ramp: { readonly exit: Promise<number>; output(): string }): Promise<number> => {
    expect(await ramp.exit, ramp.output()).to.equal(3);
    const at = Date.now();
    const { reason, message, canary } = await shell.json(`status ${service}`);
    expect([reason, canary.weight.stored, /^unanswered: .* got no answer/.test(message)], message).to.deep.equal([
      'SignalFailed',
      0,
      true,
    ]);
    return at;
  };

  for (const share of [0.3, 1]) {
    it(`takes back a version that never answers ${100 * share}% of its requests within 3 s of the first that was given up`, async () => {
      const running = traffic();
      const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s`);
      await reached(ramp);
      mesh.apps.get('3')!.hangRate = share;
      const broke = Date.now();
      const back = await takenBack(SERVICE, ramp);
      const gaveUp = running.results().filter(({ at, status }) => at > broke && status === 0);
      expect(back - gaveUp[0]!.at).to.be.at.most(3_000);
      process.stdout.write(`      ${back - gaveUp[0]!.at} ms after the first, ${gaveUp.length} given up\n`);
    });

    it(`takes back a gRPC version that lets ${100 * share}% of its calls run into their deadline as fast`, async () => {
      const running = books.load(100, PATIENCE);
      load = running;
      const ramp = startSplitter(mesh.address, `ramp ${BOOKS} --to 50 --hold 60s`);
      await reached(ramp);
      Object.assign(books.apps[3], { share, hangs: true });
      const broke = Date.now();
      const back = await takenBack(BOOKS, ramp);
      const gaveUp = running.results().filter(({ at, status }) => at > broke && status === undefined);
      expect(back - gaveUp[0]!.at).to.be.at.most(3_000);
      process.stdout.write(`      ${back - gaveUp[0]!.at} ms after the first, ${gaveUp.length} given up\n`);
    });
  }

  it('does not promote one that never answers 40% by a plan that watches only errors and latency', async () => {
    traffic(60);
    mesh.apps.get('3')!.hangRate = 0.4;
    const plan = `service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 30 }, { analyse: { for: 20s, min_requests: 100, early: false } }, { weight: 100 }]
signals:
  - { name: errors, source: envoy, metric: errors, max: 1% }
  - { name: slow, source: envoy, metric: latency, over: 250ms, max: 2% }
`;
    expect((await shell.start('start - --foreground', plan).done).code).to.equal(3);
    expect((await shell.json(`status ${SERVICE}`)).message).to.match(/^unanswered: /);
  });

  it('takes back a version that answers 401 to all within 10 requests, by the signals that it has by itself', async () => {
    // Before there is a split, half of all requests go to either version.
    const filters = { blue: { Filter: 'Service.Meta.version == "2"' }, green: { Filter: 'Service.Meta.version == "3"' } };
    await mesh.putConfig({ Kind: 'service-resolver', Name: SERVICE, Subsets: filters });
    const base = [
      { Weight: 100, ServiceSubset: 'blue' },
      { Weight: 0, ServiceSubset: 'green' },
    ];
    await mesh.putConfig({ Kind: 'service-splitter', Name: SERVICE, Splits: base });
    const running = traffic(20);
    await until(
      'blue has everything',
      () =>
        running.results().slice(-20).length === 20 &&
        running
          .results()
          .slice(-20)
          .every(({ version }) => version === '2'),
    );
    Object.assign(mesh.apps.get('3')!, { errorRate: 1, errorStatus: 401 });
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 20 --hold 60s`);
    expect(await ramp.exit, ramp.output()).to.equal(3);
    expect((await shell.json(`status ${SERVICE}`)).message).to.match(/^4xx: .* got 4xx/);
    const denied = (await running.stop()).filter(({ status }) => status === 401).length;
    process.stdout.write(`      ${denied} got 401\n`);
    expect(denied).to.be.within(1, 10);
  });

  it('finds nothing unanswered where both versions are only slow', async () => {
    for (const app of mesh.apps.values()) app.latencyMs = 700;
    // None is given up, however slow the machine that this runs on.
    load = startLoad({ url: mesh.url, rps: 100, connections: 300 });
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s`);
    await reached(ramp);
    const signals = async () =>
      (await shell.json(`status ${SERVICE}`)).signals as readonly { name: string; samples: number; message: string }[];
    await until('canary is counted', async () =>
      (await signals()).some(({ name, samples }) => name === 'unanswered' && samples > 300),
    );
    expect((await signals()).map(({ message }) => message.split(' ')[0])).to.deep.equal(['none', 'none', 'none']);
    await shell.run(`abort ${SERVICE}`);
  });
}).timeout(60_000);
