import { expect } from 'chai';
import { Shell, until } from '../support/shell.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { countByVersion, failuresIn, shareOf } from './outcomes.js';
import { endSplitters, startSplitter } from './program.js';

const RAMP = `ramp ${SERVICE} --to 100 --by 50 --every 1s --bake 1s`;

describe('the whole life of a service on a real mesh, under 100 requests a second', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    load = startLoad({ url: mesh.url, rps: 100 });
  });
  after(async () => {
    endSplitters();
    await load?.stop();
    await mesh?.stop();
  });

  const answers = (version: string): Promise<void> =>
    until(`version ${version} answers everything`, () => shareOf(version, load.results().slice(-50)) === 1);
  const run = async (line: string): Promise<void> => {
    const program = startSplitter(mesh.address, line);
    expect(await program.exit, program.output()).to.equal(0);
  };
  const roles = async () => {
    const { phase, stable, canary } = await shell.json(`status ${SERVICE}`);
    const byDefault = (await mesh.config('service-resolver', SERVICE))?.DefaultSubset;
    return { phase, stable: stable.subset, canary: canary.subset, of: [stable.weight.stored, canary.weight.stored], byDefault };
  };

  it('3 is promoted, undone, promoted again; 4 takes the idle subset without a plan and is promoted: no request fails', async () => {
    await run(RAMP);
    await answers('3');
    const first = { phase: 'Promoted', stable: 'blue', canary: 'green', of: [0, 100], byDefault: 'green' };
    expect(await roles()).to.deep.equal(first);

    await run(`undo ${SERVICE}`);
    await answers('2');
    expect(await roles()).to.deep.equal({ ...first, phase: 'Reverted', of: [100, 0], byDefault: 'blue' });

    await run(RAMP);
    await answers('3');
    expect(await roles()).to.deep.equal(first);

    await mesh.deploy('4');
    await run(RAMP);
    await answers('4');
    expect(await roles()).to.deep.equal({ phase: 'Promoted', stable: 'green', canary: 'blue', of: [0, 100], byDefault: 'blue' });
    const resolver = await mesh.config('service-resolver', SERVICE);
    expect(resolver?.Subsets).to.deep.include({ blue: { Filter: 'Service.Meta.version == "4"' } });

    await mesh.stopVersion('2');
    await answers('4');
    const outcomes = await load.stop();
    expect(failuresIn(outcomes), 'failed requests').to.deep.equal([]);
    expect(countByVersion(outcomes)).to.have.all.keys('2', '3', '4');
  });
}).timeout(120_000);
