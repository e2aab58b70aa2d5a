import { expect } from 'chai';
import { promQuery } from '../../src/signals/prometheus-presets.js';
import { Shell, until } from '../support/shell.js';
import { splitByHand } from './green-count.js';
import type { GrpcLoad } from './grpc-load.js';
import { BOOKS, type GrpcMesh, startGrpcMesh } from './grpc-mesh.js';
import { GRPC } from './grpc-service.js';
import { startInstance } from './instance.js';
import { type Load, send, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';
import { freePorts } from './ports.js';
import { endSplitters, startSplitter } from './program.js';
import { startPrometheus } from './prometheus.js';

describe('judgement on a real mesh, on bad days', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load | GrpcLoad | undefined;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
  });
  after(async () => {
    await mesh?.stop();
  });
  afterEach(async () => {
    endSplitters();
    await load?.stop();
    load = undefined;
    await mesh.reset();
  });
  const status = (service: string) => shell.json(`status ${service}`);
  const traffic = (rps = 100): Load => {
    const running = startLoad({ url: mesh.url, rps });
    load = running;
    return running;
  };
  const reached = async (ramp: { output(): string }): Promise<void> => {
    const target = until('the target is reached', () => /TargetReached/.test(ramp.output()));
    await target.catch((error: Error) => Promise.reject(new Error(`${error.message}\n${ramp.output()}`)));
  };
  const counted = async () => {
    const { signals, canary } = await status(SERVICE);
    const { samples = 0, value, verdict } = signals[0] ?? {};
    return {
      samples,
      failed: Math.round((Number.parseFloat(value ?? '0') / 100) * samples),
      verdict,
      weight: canary?.weight.stored,
    };
  };

  describe('a gRPC service', () => {
    let books: GrpcMesh;
    before(async function () {
      this.timeout(60_000);
      books = await startGrpcMesh(mesh.consul);
    });
    after(async () => {
      await mesh.deleteConfig('service-splitter', BOOKS);
      await mesh.deleteConfig('service-resolver', BOOKS);
      await books?.stop();
    });
    afterEach(async () => {
      books.apps[3].share = 0;
      books.apps[3].says = 'trailers';
      await books.turn('pass');
    });
    const calls = (rps = 100): GrpcLoad => {
      const running = books.load(rps);
      load = running;
      return running;
    };

    for (const [name, says] of [
      ['UNAVAILABLE', 'trailers'],
      ['INTERNAL', 'headers'],
    ] as const) {
      it(`is taken back when it answers ${name} in ${says} on 30%, though every answer is HTTP 200`, async () => {
        const running = calls();
        const ramp = startSplitter(mesh.address, `ramp ${BOOKS} --to 50 --hold 60s`);
        await reached(ramp);
        Object.assign(books.apps[3], { share: 0.3, status: GRPC[name], says });
        expect(await ramp.exit, ramp.output()).to.equal(3);
        const { reason, message } = await status(BOOKS);
        expect([reason, /^errors: [\d.]+% of (the last )?\d+ requests failed/.test(message)]).to.deep.equal([
          'SignalFailed',
          true,
        ]);
        const outcomes = await running.stop();
        expect(outcomes.filter(({ http }) => http !== 200)).to.deep.equal([]);
        expect(outcomes.some((outcome) => outcome.status === GRPC[name])).to.equal(true);
      });
    }

    it('is not taken back when it answers NOT_FOUND on 30%: the step passes', async () => {
      const running = calls(200);
      Object.assign(books.apps[3], { share: 0.3, status: GRPC.NOT_FOUND });
      const ramp = startSplitter(mesh.address, `ramp ${BOOKS} --to 60 --by 30 --every 3s --hold 1m`);
      expect(await ramp.exit, ramp.output()).to.equal(0);
      expect(ramp.output()).to.match(/errors=Successful/);
      const outcomes = await running.stop();
      expect(outcomes.filter((outcome) => outcome.status === GRPC.NOT_FOUND).length).to.be.above(20);
      await shell.run(`abort ${BOOKS}`);
    });

    it('gets no number from the error-ratio of Prometheus, which would call it healthy', async () => {
      const prometheus = await startPrometheus([books.callerMetrics]);
      calls();
      const signal = { name: 'p', source: 'prometheus', interval: 1, failureLimit: 0, errorLimit: 0, window: '5s' } as const;
      const ask = (preset: 'error-ratio' | 'request-rate') =>
        prometheus.query(promQuery({ ...signal, preset }, { service: BOOKS, stable: 'blue', canary: 'green' })!);
      await shell.run(`ramp ${BOOKS} --to 50 --no-hold`);
      await until('calls are counted', async () => (await ask('request-rate')).length === 1);
      expect(await ask('error-ratio')).to.deep.equal([]);
      await prometheus.stop();
    });

    it('is counted call by call, what Envoy itself answers included, and nothing twice', async () => {
      const count = await splitByHand(mesh, BOOKS, async () => (await books.call()).version);
      const running = calls();
      Object.assign(books.apps[3], { share: 0.5, status: GRPC.UNAVAILABLE });
      const failed = (by: string | undefined): number =>
        running.results().filter(({ version, status }) => version === by && status === GRPC.UNAVAILABLE).length;
      await until('green fails', () => failed('3') > 20);
      await books.turn('fail');
      await until('Envoy answers for green', () => failed(undefined) > 20);
      const green = (await running.stop()).filter(({ version }) => version !== '2');
      const bad = green.filter((outcome) => outcome.status === GRPC.UNAVAILABLE).length;
      expect(await count.settle(green.length)).to.deep.equal({ bad, total: green.length });
    });
  });

  it('survives a restart of the caller’s sidecar: nothing counted before is forgotten, and a green that fails after it is taken back', async () => {
    traffic();
    mesh.apps.get('3')!.errorRate = 0.1;
    const start = shell.start(
      'start - --foreground',
      `service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 30 }, { pause: {} }, { weight: 60 }, { pause: {} }]
signals: [{ name: errors, source: envoy, metric: errors, max: 50% }]
`,
    );
    await until('failures are counted', async () => (await counted()).failed >= 10);
    const before = await counted();
    await mesh.restartCaller();
    await until('counting goes on', async () => (await counted()).samples > before.samples + 50);
    const after = await counted();
    expect(after.failed).to.be.at.least(before.failed);
    expect([after.verdict, after.weight]).to.deep.equal(['Successful', 30]);
    expect((await shell.run(`resume ${SERVICE}`)).code).to.equal(0);
    await until('the ramp goes on', async () => (await counted()).weight === 60);
    mesh.apps.get('3')!.errorRate = 1;
    expect((await start.done).code).to.equal(3);
    expect((await status(SERVICE)).message).to.match(/^errors: /);
  });

  it('counts every caller once when a second one appears in the middle and goes away again', async () => {
    const count = await splitByHand(mesh, SERVICE, async () => (await send(mesh.url)).version);
    const green = mesh.apps.get('3')!;
    const [port, own] = (await freePorts(2)) as [number, number];
    green.answered = 0;
    const running = traffic();
    const shop = await startInstance(mesh.consul, { service: 'shop', id: 'shop', port: own, upstreams: { [SERVICE]: port } });
    const url = `http://127.0.0.1:${port}/`;
    try {
      await until('the shop is served', async () => (await send(url)).status === 200);
      // A first look at a caller only sets its base line: what it asked before is not counted.
      const unseen = green.answered - (await running.stop()).filter(({ version }) => version === '3').length;
      // What no caller is known to have sent the instances may have told.
      const isCounted = async (): Promise<void> => {
        const { bad, total } = await count.settle(green.answered - unseen);
        expect([bad, total >= green.answered - unseen && total <= green.answered], `${total} of ${green.answered}`).to.deep.equal(
          [0, true],
        );
      };
      await count.find('2 callers');
      const both = [startLoad({ url, rps: 50 }), startLoad({ url: mesh.url, rps: 50 })];
      await until('both have asked', () => both.every((one) => one.results().length > 100));
      await Promise.all(both.map((one) => one.stop()));
      await isCounted();
      await shop.deregister();
      await shop.sidecar.kill();
      await count.find('1 caller');
      const rest = traffic();
      await until('more answers', () => rest.results().length > 100);
      await rest.stop();
      await isCounted();
    } finally {
      await shop.sidecar.kill();
    }
  });

  describe('a Prometheus that goes away', () => {
    const plan = (url: string, then: 'hold' | 'revert') => `service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 30 }, { pause: 4s }, { weight: 60 }]
on: { signal_error: ${then} }
signals:
  - { name: sidecars, source: prometheus, url: "${url}", query: sum(up), min: 1, interval: 1s, error_limit: 1 }
`;

    const measuring = async () => {
      const prometheus = await startPrometheus([mesh.callerMetrics]);
      await until('it has scraped', async () => (await prometheus.query('sum(up) == 1')).length === 1);
      return prometheus;
    };

    it('holds the step until it is back, and then the rollout goes on by itself', async () => {
      traffic();
      const first = await measuring();
      const start = shell.start('start - --foreground', plan(first.address, 'hold'));
      await until('it is measured', async () => (await counted()).verdict === 'Successful').finally(() => first.stop());
      await until('it is held', async () => (await status(SERVICE)).reason === 'SignalError');
      expect((await status(SERVICE)).canary.weight.stored).to.equal(30);
      const second = await startPrometheus([mesh.callerMetrics], first.address);
      expect((await start.done).code).to.equal(0);
      expect((await status(SERVICE)).canary.weight.stored).to.equal(60);
      expect(start.output()).to.match(/can be measured again/);
      await second.stop();
      await shell.run(`abort ${SERVICE}`);
    });

    it('takes traffic back where the plan says so', async () => {
      traffic();
      const prometheus = await measuring();
      const start = shell.start('start - --foreground', plan(prometheus.address, 'revert'));
      await until('it is measured', async () => (await counted()).verdict === 'Successful').finally(() => prometheus.stop());
      expect((await start.done).code).to.equal(3);
      expect((await status(SERVICE)).reason).to.equal('SignalError');
    });
  });

  describe('a green without instances', () => {
    it('is taken back at once when they turn critical, and when they are deregistered', async () => {
      const running = traffic();
      for (const harm of [() => mesh.fail('3'), () => mesh.stopVersion('3')]) {
        const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s`);
        await reached(ramp);
        await harm();
        expect(await ramp.exit, ramp.output()).to.equal(3);
        expect((await status(SERVICE)).reason).to.equal('NoInstances');
        await until('stable has everything', () => shareOf('2', running.results().slice(-50)) === 1);
        await mesh.reset();
      }
    });

    it('is taken back for the 503s of Envoy alone, where Consul has not noticed that it is dead', async () => {
      traffic();
      const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s`);
      await reached(ramp);
      await mesh.apps.get('3')!.stop();
      expect(await ramp.exit, ramp.output()).to.equal(3);
      expect((await status(SERVICE)).reason).to.equal('SignalFailed');
      await mesh.stopVersion('3');
    });

    it('has every 503 that Envoy makes itself counted as an error of green', async () => {
      const count = await splitByHand(mesh, SERVICE, async () => (await send(mesh.url)).version);
      const running = traffic();
      await until('green answers', () => running.results().some(({ version }) => version === '3'));
      await mesh.fail('3');
      await until('Envoy answers for green', () => failuresIn(running.results()).length > 30);
      const outcomes = await running.stop();
      const bad = failuresIn(outcomes).length;
      const total = bad + outcomes.filter(({ version }) => version === '3').length;
      expect(await count.settle(total)).to.deep.equal({ bad, total });
    });
  });
}).timeout(120_000);
