import { expect } from 'chai';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';
import { endSplitters, startSplitter } from './program.js';

describe('waves over two real Consul servers', () => {
  let meshes: readonly Mesh[] = [];
  let shells: readonly Shell[];
  let loads: readonly Load[] = [];
  const plan = (): string => `
service: ${SERVICE}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 50 }, { pause: 3s }, { weight: 100 }]
bake: 2s
signals: [{ name: errors, source: envoy, metric: errors, max: 2% }]
waves: [{ name: eu, address: "${meshes[1]!.address}" }]
`;
  const phases = async (): Promise<readonly string[]> =>
    Promise.all(
      shells.map(async (shell) => {
        const { phase, reason } = await shell.json(`status ${SERVICE}`);
        return `${phase} ${reason}`;
      }),
    );
  const answers = (version: string): Promise<void> =>
    until(`version ${version} answers everywhere`, () =>
      loads.every((load) => shareOf(version, load.results().slice(-50)) === 1),
    );
  before(async function () {
    this.timeout(240_000);
    meshes = await Promise.all([startMesh(), startMesh()]);
    shells = meshes.map(({ address }) => new Shell(address));
    loads = meshes.map(({ url }) => startLoad({ url, rps: 60 }));
    startSplitter(meshes[0]!.address, 'run --id c1');
  });
  after(async () => {
    endSplitters();
    for (const load of loads) await load.stop();
    for (const mesh of meshes) await mesh.stop();
  });
  const start = (): Promise<void> =>
    until('it has begun', async () => (await shells[0]!.run(`start ${planFile(plan())}`)).code === 0, 30_000);

  it('a canary that is bad in the wave takes home back too; no request fails but those of the bad version', async () => {
    meshes[1]!.apps.get('3')!.errorRate = 0.5;
    await start();
    await until('home is promoted', async () => (await phases())[0] === 'Promoted BakePassed', 60_000);
    await until('all is back', async () => (await phases()).every((one) => /^Reverted/.test(one)), 60_000);
    expect(await phases()).to.deep.equal(['Reverted WaveReverted', 'Reverted SignalFailed']);
    expect((await meshes[0]!.config('service-resolver', SERVICE))?.DefaultSubset).to.equal('blue');
    await answers('2');
    expect(failuresIn(loads[0]!.results()), 'failed requests at home').to.deep.equal([]);
  });

  it('a good one is promoted at home, then in the wave', async () => {
    meshes[1]!.apps.get('3')!.errorRate = 0;
    await start();
    await until('all is promoted', async () => (await phases()).every((one) => one === 'Promoted BakePassed'), 90_000);
    await answers('3');
    const ids = await Promise.all(shells.map(async (shell) => (await shell.json(`status ${SERVICE}`)).rollout));
    expect(ids[1]).to.equal(ids[0]);
    expect((await shells[1]!.run(`history ${SERVICE}`)).out).to.match(/canary green 0% -> 50%/);
  });
}).timeout(240_000);
