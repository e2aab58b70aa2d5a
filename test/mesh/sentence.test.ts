import { expect } from 'chai';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { watchSplitters } from '../support/splitters-watch.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { endSplitters } from './program.js';

const PLAN = `service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 10 }, { pause: {} }, { weight: 20 }, { pause: 1h }, { weight: 100 }]
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`;

describe('the first sentence, on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load | undefined;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
  });
  after(() => mesh?.stop());
  afterEach(async () => {
    endSplitters();
    await load?.stop();
    load = undefined;
  });
  const status = () => shell.json(`status ${SERVICE}`);

  it('takes a version back that fails 5% or 10% of 60 requests a second, every time', async () => {
    load = startLoad({ url: mesh.url, rps: 60 });
    for (const errorRate of [0.05, 0.1, 0.05, 0.1]) {
      mesh.apps.get('3')!.errorRate = errorRate;
      const { code, err } = await shell.run(`ramp ${SERVICE} --to 50`);
      expect(code, `${errorRate}: ${err}`).to.equal(3);
      expect((await status()).canary.weight.stored).to.equal(0);
    }
    mesh.apps.get('3')!.errorRate = 0;
  });

  it('without traffic proves nothing: exit 5', async () => {
    const { code, err } = await shell.run(`ramp ${SERVICE} --to 50 --hold 2s`);
    expect(
      [code, /not proven: errors: 0 requests; unanswered: 0 requests; 4xx: 0 requests\.\nNobody watches/.test(err)],
      err,
    ).to.deep.equal([5, true]);
    expect((await shell.run(`abort ${SERVICE}`)).code).to.equal(0);
  });

  it('taken over at 10% with 40% errors, it goes back before any step is passed', async () => {
    load = startLoad({ url: mesh.url, rps: 60 });
    expect((await shell.run(`start ${planFile(PLAN)} --foreground --wait`)).code).to.equal(5);
    mesh.apps.get('3')!.errorRate = 0.4;
    const seen = watchSplitters(mesh.address);
    await until('it is seen', () => seen.last(SERVICE) !== undefined);
    const { code, err } = await shell.run(`continue ${SERVICE}`);
    await seen.stop();
    expect(code, err).to.equal(3);
    expect(Math.max(...seen.of(SERVICE).map(({ weights }) => weights[1] ?? 0))).to.equal(10);
  });
}).timeout(90_000);
