import { expect } from 'chai';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failureSpan, failuresIn, shareOf } from './outcomes.js';
import { endSplitters, startSplitter } from './program.js';
import { type Prometheus, startPrometheus } from './prometheus.js';

describe('splitter on a real mesh', () => {
  let mesh: Mesh;
  let prometheus: Prometheus;
  let shell: Shell;
  let load: Load | undefined;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    prometheus = await startPrometheus([mesh.callerMetrics]);
    shell = new Shell(mesh.address);
  });
  after(async () => {
    await prometheus?.stop();
    await mesh?.stop();
  });
  afterEach(async () => {
    endSplitters();
    await load?.stop();
    load = undefined;
    await mesh.reset();
  });
  const traffic = (rps: number): Load => {
    load = startLoad({ url: mesh.url, rps });
    return load;
  };
  const status = () => shell.json(`status ${SERVICE}`);
  const stored = async (): Promise<number | null | undefined> => (await status()).canary?.weight.stored;
  const splits = (blue: number, green: number) => ({
    Kind: 'service-splitter',
    Name: SERVICE,
    Splits: [
      { Weight: blue, ServiceSubset: 'blue' },
      { Weight: green, ServiceSubset: 'green' },
    ],
  });

  it('ramps from nothing but two registered versions to 50% without one failed request, from the first write to the last', async () => {
    const running = traffic(100);
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50`);
    expect(await ramp.exit, ramp.output()).to.equal(0);
    const before = running.results().length;
    await until('1,000 answers', () => running.results().length >= before + 1_000);
    const after = running.results().slice(before, before + 1_000);
    expect(shareOf('3', after)).to.be.within(0.45, 0.55);
    await shell.run(`abort ${SERVICE}`);
    await until('stable has everything', () => shareOf('2', running.results().slice(-50)) === 1);
    const outcomes = await running.stop();
    expect(failuresIn(outcomes), 'failed requests').to.deep.equal([]);
    expect(ramp.output()).to.match(/observed=\d\d\.\d% errors=Successful/);
    expect(ramp.output()).to.match(/the target of 50% is reached; clear: errors: [\d,]+ requests, at most 0\.\d+% \(99%\)/);
  });

  it('promotes to 100% under load without a failed request, and undo brings the old version back', async () => {
    const running = traffic(100);
    expect((await shell.run(`ramp ${SERVICE} --to 100 --by 50 --every 1s --bake 2s`)).code).to.equal(0);
    expect((await status()).phase).to.equal('Promoted');
    expect((await mesh.config('service-resolver', SERVICE))?.DefaultSubset).to.equal('green');
    await until('green has everything', () => shareOf('3', running.results().slice(-50)) === 1);
    expect((await shell.run(`undo ${SERVICE}`)).code).to.equal(0);
    await until('blue has everything', () => shareOf('2', running.results().slice(-50)) === 1);
    expect(failuresIn(await running.stop())).to.deep.equal([]);
  });

  it('takes a version back that fails 30% of its answers, with exit 3 and the counts', async () => {
    const running = traffic(200);
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s`);
    await until('the target is reached', () => /TargetReached/.test(ramp.output()));
    mesh.apps.get('3')!.errorRate = 0.3;
    expect(await ramp.exit, ramp.output()).to.equal(3);
    await until('stable has everything', () => shareOf('2', running.results().slice(-50)) === 1);
    const outcomes = await running.stop();
    const span = failureSpan(outcomes)!;
    process.stdout.write(
      `      from the first failed answer to the last: ${span.last - span.first} ms, ${failuresIn(outcomes).length} failed\n`,
    );
    const now = await status();
    expect([now.phase, now.reason, now.stable.weight.stored, now.canary.weight.stored]).to.deep.equal([
      'Reverted',
      'SignalFailed',
      100,
      0,
    ]);
    expect(now.message).to.match(/^errors: [\d.]+% of (the last )?\d+ requests failed/);
  });

  it('replay finds in a real Prometheus when a plan would have taken that version back', async () => {
    const running = traffic(100);
    expect((await shell.run(`ramp ${SERVICE} --to 50 --signal none`)).code).to.equal(0);
    const counted = `envoy_cluster_upstream_rq_xx{consul_destination_service="${SERVICE}",consul_destination_service_subset="green"}`;
    await until('Prometheus has counted green', async () => (await prometheus.query(counted)).length > 0);
    const well = new Date().toISOString();
    await until('a stretch of health', () => Date.now() > Date.parse(well) + 3_000);
    mesh.apps.get('3')!.errorRate = 0.3;
    const broke = Date.now();
    await until('a stretch of failures that Prometheus has scraped', () => Date.now() > broke + 4_000);
    const file = planFile(
      `service: ${SERVICE}\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nstable: blue\nsteps: [{ weight: 100 }]\nsignals: [{ name: errors, source: envoy, metric: errors, max: 1% }]\n`,
    );
    const replay = (to: string) =>
      shell.run(`replay ${file} --prometheus ${prometheus.address} --from ${well} --to ${to} --step 1s -o json`);
    const found = await replay(new Date().toISOString());
    expect(found.code, found.out + found.err).to.equal(3);
    const healthy = await replay(new Date(broke).toISOString());
    expect(healthy.code, healthy.out + healthy.err).to.equal(0);
    await running.stop();
  });

  it('takes it back when its instances turn critical, and when they vanish', async () => {
    for (const harm of [() => mesh.fail('3'), () => mesh.stopVersion('3')]) {
      const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s --signal none`);
      await until('the target is reached', () => /TargetReached/.test(ramp.output()));
      await harm();
      expect(await ramp.exit, ramp.output()).to.equal(3);
      expect((await status()).reason).to.equal('NoInstances');
      await mesh.reset();
    }
  });

  it('goes on after kill -9: weights stand, nobody drives it, the next ramp goes on, abort takes it back', async () => {
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --by 10 --every 20s`);
    await until('the first step', async () => (await stored()) === 10);
    ramp.kill('SIGKILL');
    await ramp.exit;
    const left = await status();
    expect([left.canary.weight.stored, left.driver, left.phase]).to.deep.equal([10, null, 'Progressing']);
    expect(left.message).to.match(/nobody drives/);
    expect((await shell.run(`ramp ${SERVICE} --to 50 --signal none`)).code).to.equal(0);
    const after = await status();
    expect([after.rollout, after.canary.weight.stored]).to.deep.equal([left.rollout, 50]);
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    expect(await stored()).to.equal(0);
  });

  it('of two ramps one drives and the other says who; abort in another terminal ends the first with 3', async () => {
    const first = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --hold 60s`);
    await until('it drives', () => /TargetReached/.test(first.output()));
    const second = startSplitter(mesh.address, `ramp ${SERVICE} --to 60`);
    expect([await second.exit, /is driven already: ramp of dana on /.test(second.output())]).to.deep.equal([1, true]);
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    expect(await first.exit).to.equal(3);
  });

  it('holds as Drift when other weights are written in the middle with consul config write, naming both', async () => {
    const ramp = startSplitter(mesh.address, `ramp ${SERVICE} --to 50 --by 10 --every 20s`);
    await until('the first step', async () => (await stored()) === 10);
    await mesh.consulCli(['config', 'write', '-'], JSON.stringify(splits(70, 30)));
    await until('it is held', async () => (await status()).reason === 'Drift');
    expect((await status()).message).to.match(/says blue 70%, green 30%; splitter asked for blue 90%, green 10%/);
    expect(await stored()).to.equal(30);
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    expect([await ramp.exit, await stored()]).to.deep.equal([3, 0]);
  });

  it('starts from a splitter that stands at 20%', async () => {
    await mesh.putConfig({
      Kind: 'service-resolver',
      Name: SERVICE,
      Subsets: { blue: { Filter: 'Service.Meta.version == "2"' }, green: { Filter: 'Service.Meta.version == "3"' } },
    });
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await mesh.putConfig(splits(80, 20));
    const running = traffic(100);
    const { code, err } = await shell.run(`ramp ${SERVICE} --to 40 --no-hold`);
    expect([code, /canary green 20% -> 40%/.test(err)], err).to.deep.equal([5, true]);
    await until('40% reach green', () => Math.abs(shareOf('3', running.results().slice(-300)) - 0.4) < 0.1);
    expect(failuresIn(await running.stop())).to.deep.equal([]);
  });

  it('asks a real Prometheus, by preset and by query, and reverts on its answer; a Prometheus that is gone holds and never passes', async () => {
    traffic(100);
    const plan = (url: string) => `service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 30 }, { pause: 3s }, { weight: 60 }, { pause: 30s }]
signals:
  - { name: ratio, source: prometheus, url: "${url}", preset: error-ratio, window: 5s, max: 0.05, interval: 1s, consecutive: 2 }
  - { name: gave-up, source: prometheus, url: "${url}", preset: unanswered-ratio, window: 5s, max: 0.05, interval: 1s, consecutive: 5 }
  - { name: denied, source: prometheus, url: "${url}", preset: code-ratio, codes: [4xx], window: 5s, max: 0.05, interval: 1s }
  - { name: rate, source: prometheus, url: "${url}", query: 'sum(rate(envoy_cluster_upstream_rq_completed{consul_destination_service="${SERVICE}"}[5s]))', min: 1, interval: 1s, consecutive: 5 }
`;
    const start = shell.start('start - --foreground', plan(prometheus.address));
    await until('it passes the first pause on data', async () => (await stored()) === 60, 40_000);
    mesh.apps.get('3')!.errorRate = 0.5;
    expect((await start.done).code).to.equal(3);
    expect((await status()).message).to.match(/^ratio: /);
    mesh.apps.get('3')!.errorRate = 0;
    await mesh.reset();
    const gone = shell.start('start - --foreground', plan('http://127.0.0.1:1'));
    await until('it is held', async () => (await status()).reason === 'SignalError', 40_000);
    expect(await stored()).to.equal(30);
    await shell.run(`abort ${SERVICE}`);
    expect((await gone.done).code).to.equal(3);
  }).timeout(120_000);

  it('takes slow answers for what they are: a version above the bound of latency is taken back', async () => {
    traffic(100);
    const ramp = shell.start(`ramp ${SERVICE} --to 50 --hold 60s --signal latency=100ms:5%`);
    await until('the target is reached', () => /TargetReached/.test(ramp.output()));
    mesh.apps.get('3')!.latencyMs = 300;
    expect((await ramp.done).code).to.equal(3);
    expect((await status()).message).to.match(/^latency: .*took over 100ms/);
  });

  it('plan --entries prints what consul config write takes, each line by itself', async () => {
    const { out } = await shell.run(
      'plan - --entries',
      `service: ${SERVICE}\nprotocol: http\nsubsets: { blue: { version: "2" }, green: { version: "3" } }\nsteps: [{ weight: 10 }]\n`,
    );
    for (const entry of out.trim().split('\n')) {
      expect(await mesh.consulCli(['config', 'write', '-'], entry)).to.match(/Config entry written/);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  });

  it('walks the workshop’s canary: a resolver for versions 2 and 3, half and half, and back', async () => {
    const plan = new URL('../../../examples/workshop.yaml', import.meta.url).pathname;
    expect((await shell.run(`apply ${plan}`)).code).to.equal(0);
    const running = traffic(100);
    expect((await shell.run(`ramp ${SERVICE} --to 50 --no-hold`)).code).to.equal(5);
    await until('half reach version 3', () => Math.abs(shareOf('3', running.results().slice(-300)) - 0.5) < 0.1);
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
    await until('version 2 has everything', () => shareOf('2', running.results().slice(-50)) === 1);
    expect(failuresIn(await running.stop())).to.deep.equal([]);
  });
}).timeout(60_000);
