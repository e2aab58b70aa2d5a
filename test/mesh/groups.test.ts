import { expect } from 'chai';
import { registerVersions } from '../support/crash-services.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { type Instance, startInstance } from './instance.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';
import { freePorts } from './ports.js';
import { endSplitters, startSplitter } from './program.js';
import { type RunningVersion, startVersion } from './version.js';

const GROUP = `
group: checkout
services:
  - { service: users }
  - { service: stock }
  - { service: ${SERVICE} }
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
protocol: http
steps: [{ weight: 20 }, { pause: 2s }, { weight: 50 }, { pause: {} }, { weight: 100 }]
bake: 2s
signals: []
`.replace(
  `{ service: ${SERVICE} }`,
  `{ service: ${SERVICE}, signals: [{ name: errors, source: envoy, metric: errors, max: 2% }] }`,
);

describe('a group on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let caller: Instance;
  const versions: RunningVersion[] = [];
  const loads: Load[] = [];
  before(async function () {
    this.timeout(180_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    await mesh.putConfig({ Kind: 'service-defaults', Name: 'stock', Protocol: 'http' });
    for (const version of ['2', '3']) versions.push(await startVersion(mesh.consul, 'stock', version));
    await registerVersions(mesh.consul, 'users');
    const [port, upstream] = (await freePorts(2)) as [number, number];
    caller = await startInstance(mesh.consul, { service: 'shop', id: 'shop', port, upstreams: { stock: upstream } });
    loads.push(startLoad({ url: mesh.url, rps: 100 }), startLoad({ url: `http://127.0.0.1:${upstream}/`, rps: 50 }));
    startSplitter(mesh.address, 'run --id c1');
    startSplitter(mesh.address, 'run --id c2');
  });
  after(async () => {
    endSplitters();
    for (const load of loads) await load.stop();
    await caller?.sidecar.stop();
    await Promise.all(versions.map((version) => version.end()));
    await mesh?.stop();
  });

  it('ramps in lock step; one fails, and all are taken back, it first, the others in reverse order', async () => {
    await until(
      'a controller is there',
      async () => !/no controller/.test((await shell.run(`start ${planFile(GROUP)}`)).err),
      30_000,
    );
    const states = async (): Promise<readonly { phase: string; reason: string; modifyIndex: number; stored: number }[]> => {
      const { services } = await shell.json('status checkout');
      return services.map(
        (one: { phase: string; reason: string; modifyIndex: number; canary: { weight: { stored: number } } }) => ({
          phase: one.phase,
          reason: one.reason,
          modifyIndex: one.modifyIndex,
          stored: one.canary.weight.stored,
        }),
      );
    };
    await until('all three are at 50%', async () => (await states()).every(({ stored }) => stored === 50), 60_000);
    await until('users of stock are on both versions', () => {
      const share = shareOf('3', loads[1]!.results().slice(-60));
      return share > 0.2 && share < 0.8;
    });
    mesh.apps.get('3')!.errorRate = 0.5;
    await until('all are back', async () => (await states()).every(({ phase }) => phase === 'Reverted'), 30_000);
    const [users, stock, payments] = await states();
    expect([payments!.reason, stock!.reason, users!.reason]).to.deep.equal(['SignalFailed', 'GroupReverted', 'GroupReverted']);
    expect([payments!, stock!, users!].map(({ modifyIndex }) => modifyIndex)).to.deep.equal(
      [payments!, stock!, users!].map(({ modifyIndex }) => modifyIndex).sort((a, b) => a - b),
    );
    await until('stock is on its old version', () => shareOf('2', loads[1]!.results().slice(-30)) === 1);
    expect(failuresIn(loads[1]!.results()), 'failed requests of stock').to.deep.equal([]);
  });
}).timeout(180_000);
