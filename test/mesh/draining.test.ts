import { expect } from 'chai';
import { Shell, until } from '../support/shell.js';
import { type Load, send, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';

const SAFE = 'blue is drained: safe to stop';
const SLOW = 6_000;

describe('an old version is stopped when splitter says that it is drained, on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
  });
  after(async () => {
    await load?.stop();
    await mesh?.stop();
  });
  const draining = async () => (await shell.json(`status ${SERVICE}`)).draining;

  it('not while a slow request is under way to it; then no request fails, fast or slow', async () => {
    const begun = await shell.run(`ramp ${SERVICE} --to 50 --signal none`);
    expect(begun.code, begun.err).to.equal(0);
    expect(await draining()).to.equal(undefined);
    load = startLoad({ url: mesh.url, rps: 100, connections: 256 });
    await until('both answer', () => ['2', '3'].every((version) => shareOf(version, load.results().slice(-100)) > 0.2));
    const old = mesh.apps.get('2')!;
    old.latencyMs = SLOW;
    // Of so many some go to blue, and each waits there.
    const slow = Array.from({ length: 12 }, () => send(mesh.url));
    await until('a slow one is under way', async () => {
      const text = await (await fetch(`http://${mesh.callerMetrics}/metrics`)).text();
      return /^envoy_cluster_upstream_rq_active\{[^}]*service_subset="blue"[^}]*\} [1-9]/m.test(text);
    });
    const full = await shell.run(`promote ${SERVICE} --full`);
    expect(full.err).to.match(/\nblue is not drained: \d+ requests? (is|are) in flight\n/);
    expect(full.err).not.to.contain('safe to stop');
    await until('it is drained', async () => (await draining()).drained === true, 30_000);
    expect(await draining()).to.deep.equal({ subset: 'blue', drained: true, inFlight: 0, message: SAFE });

    await mesh.stopVersion('2');
    await until('the new one answers', () => shareOf('3', load.results().slice(-100)) === 1);
    expect(failuresIn(await load.stop()), 'failed requests').to.deep.equal([]);
    expect((await Promise.all(slow)).filter(({ status }) => status !== 200)).to.deep.equal([]);
    expect(await draining(), 'nothing of it runs any more').to.equal(undefined);
  });
}).timeout(90_000);
