import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { countByVersion, failuresIn, shareOf } from './outcomes.js';
import { type Prometheus, startPrometheus } from './prometheus.js';
import { until } from './until.js';

describe('the real mesh', () => {
  let mesh: Mesh;
  let prometheus: Prometheus;
  before(async () => {
    mesh = await startMesh();
    prometheus = await startPrometheus([mesh.callerMetrics]);
  });
  after(async () => {
    await prometheus?.stop();
    await mesh?.stop();
  });

  it('splits 1,000 requests by a splitter of 50/50 written by hand, and loses none of them', async () => {
    await splitEvenly(mesh);
    const load = startLoad({ url: mesh.url, rps: 300 });
    await until('1,000 answers', 20_000, async () => load.results().length >= 1_000);
    const outcomes = await load.stop();
    expect(failuresIn(outcomes)).to.deep.equal([]);
    expect(shareOf('3', outcomes)).to.be.within(0.45, 0.55);
    expect(countByVersion(outcomes)).to.have.all.keys('2', '3');
  });

  it('shows Prometheus the completed requests of each subset, as many as were answered', async () => {
    const completed = `envoy_cluster_upstream_rq_completed{consul_destination_service="${SERVICE}",consul_destination_service_subset!=""}`;
    const answered = new Map([...mesh.apps].map(([version, app]) => [`v${version}`, app.answered]));
    await until('as many in Prometheus as were answered', 10_000, async () => {
      const samples = await prometheus.query(completed);
      return samples.length === 2 && samples.reduce((sum, { value }) => sum + value, 0) >= 1_000;
    });
    for (const { labels, value } of await prometheus.query(completed)) {
      // The applications also answered the first requests of the boot, before there were subsets.
      expect(value).to.be.within(400, answered.get(labels.consul_destination_service_subset as string) as number);
    }
  });

  it('counts the errors that a version is told to give, and every one reaches the caller', async () => {
    const app = mesh.apps.get('3')!;
    app.errorRate = 0.1;
    const before = app.failed;
    const load = startLoad({ url: mesh.url, rps: 200 });
    await until('300 answers', 10_000, async () => load.results().length >= 300);
    const failures = failuresIn(await load.stop());
    expect(failures).to.have.length(app.failed - before).and.not.to.be.empty;
    expect(countByVersion(failures)).to.have.all.keys('3');
    app.errorRate = 0;
  });

  it('sends nothing to a version whose check is critical, and again when it passes', async () => {
    await mesh.fail('3');
    await until('503 from the empty subset', 5_000, async () => {
      const outcomes = await few(mesh);
      return failuresIn(outcomes).length > 0 && shareOf('3', outcomes) === 0;
    });
    await mesh.pass('3');
    await until('answers of version 3', 5_000, async () => {
      const outcomes = await few(mesh);
      return failuresIn(outcomes).length === 0 && shareOf('3', outcomes) > 0;
    });
  });

  it('goes back to a plain service at a reset, and a version can leave and come back, without a failing request', async () => {
    const load = startLoad({ url: mesh.url, rps: 100 });
    await mesh.consulCli(['kv', 'put', 'splitter/x', '-'], 'y');
    await mesh.reset();
    expect(await mesh.config('service-splitter', SERVICE)).to.equal(undefined);
    expect(await mesh.config('service-resolver', SERVICE)).to.equal(undefined);
    expect(await mesh.consul.api('GET', '/v1/kv/splitter/?keys')).to.equal(undefined);
    await mesh.stopVersion('3');
    expect([...mesh.apps.keys()]).to.deep.equal(['2']);
    await mesh.deploy('3');
    await until('answers of version 3', 5_000, async () => (mesh.apps.get('3')?.answered ?? 0) > 0);
    expect(failuresIn(await load.stop())).to.deep.equal([]);
  });

  it('leaves no process behind', async () => {
    const pids = [...mesh.pids(), prometheus.pid];
    expect(pids.filter(isAlive)).to.have.length(5);
    await prometheus.stop();
    await mesh.stop();
    expect(pids.filter(isAlive)).to.deep.equal([]);
  });
});

async function splitEvenly(mesh: Mesh): Promise<void> {
  const subset = (version: string) => ({ Filter: `Service.Meta.version == "${version}"` });
  await mesh.putConfig({ Kind: 'service-resolver', Name: SERVICE, Subsets: { v2: subset('2'), v3: subset('3') } });
  await sleep(1_000);
  const legs = ['v2', 'v3'].map((ServiceSubset) => ({ Weight: 50, ServiceSubset }));
  await mesh.putConfig({ Kind: 'service-splitter', Name: SERVICE, Splits: legs });
  await sleep(1_000);
}

async function few(mesh: Mesh) {
  const load = startLoad({ url: mesh.url, rps: 200 });
  await sleep(250);
  return load.stop();
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
