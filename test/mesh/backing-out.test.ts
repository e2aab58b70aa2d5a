import { expect } from 'chai';
import { Shell, until } from '../support/shell.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';

const PLAN = `service: ${SERVICE}
subsets: { blue: { version: auto }, green: { version: auto } }
steps: [{ weight: 100 }]
bake: 1s
`;
const TURNS = 3;

describe('backing out on a real mesh, under 300 requests a second', () => {
  let mesh: Mesh;
  let shell: Shell;
  let load: Load;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh({ versions: ['2'] });
    shell = new Shell(mesh.address);
    load = startLoad({ url: mesh.url, rps: 300 });
  });
  after(async () => {
    await load?.stop();
    await mesh?.stop();
  });
  const run = async (line: string, stdin = ''): Promise<void> => {
    const { code, out, err } = await shell.run(line, stdin);
    expect(code, out + err).to.equal(0);
  };
  const answers = (version: string): Promise<void> =>
    until(`version ${version} answers everything`, () => shareOf(version, load.results().slice(-100)) === 1);

  it('undo --to goes to versions that no subset names, back and forth, even where the free subset was empty: no request fails', async () => {
    await run('apply -', PLAN);
    for (const version of ['3', '4']) {
      await mesh.deploy(version);
      await run('start - --foreground', PLAN);
      await answers(version);
    }
    await mesh.stopVersion('3');
    for (let turn = 0; turn < TURNS; turn++) {
      await run(`undo ${SERVICE} --to 2`);
      await answers('2');
      await run(`undo ${SERVICE} --to 4`);
      await answers('4');
    }
    await run(`undo ${SERVICE} --to 2`);
    await answers('2');
    expect(failuresIn(load.results()), 'failed requests').to.deep.equal([]);
  });

  it('the split comes and goes again and again: no request fails', async () => {
    await mesh.stopVersion('4');
    for (let turn = 0; turn < TURNS; turn++) {
      await run(`remove ${SERVICE}`);
      for (const kind of ['service-splitter', 'service-resolver']) expect(await mesh.config(kind, SERVICE)).to.equal(undefined);
      await run('apply -', PLAN);
      expect(Object.keys((await mesh.config('service-resolver', SERVICE))?.Subsets as object)).to.deep.equal(['blue', 'green']);
      const before = load.results().length;
      await until('300 answers more', () => load.results().length >= before + 300);
    }
    expect(failuresIn(load.results()), 'failed requests').to.deep.equal([]);
  });

  it('undo is refused where applying a plan has given the old subset another version', async () => {
    await mesh.deploy('3');
    await run('start - --foreground', PLAN);
    await mesh.deploy('4');
    await run('apply -', PLAN);
    const { code, err } = await shell.run(`undo ${SERVICE}`);
    expect([code, /blue is not what it was before the promotion any more/.test(err)], err).to.deep.equal([1, true]);
    await run(`undo ${SERVICE} --to 2`);
    await answers('2');
    expect(failuresIn(load.results()), 'failed requests').to.deep.equal([]);
  });
}).timeout(120_000);
