import { expect } from 'chai';
import { readSection } from '../docs/markdown.js';
import { Terminal, type TypedLine, typedLines } from '../docs/typed.js';
import { Shell, until } from '../support/shell.js';
import { type Load, startLoad } from './load.js';
import { type Mesh, SERVICE, startMesh } from './mesh.js';
import { failuresIn, shareOf } from './outcomes.js';
import { findTool } from './tools/find.js';

const isOurs = ({ text }: TypedLine): boolean => !text.startsWith('npm ');

describe("the guide on one's own Consul, typed in line by line, under 100 requests a second", () => {
  let mesh: Mesh;
  let load: Load;
  let shell: Shell;
  let terminal: Terminal;
  before(async function () {
    this.timeout(120_000);
    mesh = await startMesh();
    load = startLoad({ url: mesh.url, rps: 100 });
    shell = new Shell(mesh.address);
    terminal = new Terminal({ CONSUL_HTTP_ADDR: mesh.address }, { consul: findTool('consul') });
  });
  after(async () => {
    terminal?.close();
    await load?.stop();
    await mesh?.stop();
  });

  const type = async (line: string): Promise<void> => {
    const { code, output } = await terminal.run(line);
    expect(code, `${line}\n${output}`).to.equal(0);
  };

  it('three commands: installed, half of the users are on the new version, and back', async () => {
    const [ramp, back, ...more] = typedLines(readSection('docs/guide.md', 'On your own Consul')).filter(isOurs);
    await type(ramp!.text);
    await until('half of the answers are from 3', () => Math.abs(shareOf('3', load.results().slice(-100)) - 0.5) < 0.2);
    await type(back!.text);
    await until('all answers are from 2', () => shareOf('2', load.results().slice(-50)) === 1);
    // What comes after takes hours; the program takes each line as it stands.
    expect(more.map(({ text }) => text.split(' ').slice(0, 2).join(' '))).to.deep.equal(['splitter ramp', 'splitter undo']);
  });

  it('every trace is removed, after a promotion, and no request failed', async () => {
    await type(`splitter ramp ${SERVICE} --to 50 --signal none`);
    await type(`splitter promote ${SERVICE} --full`);
    expect((await mesh.config('service-resolver', SERVICE))?.DefaultSubset).to.equal('green');
    await until('all answers are from 3', () => shareOf('3', load.results().slice(-50)) === 1);
    await mesh.stopVersion('2');
    for (const { text } of typedLines(readSection('docs/guide.md', 'Remove every trace')).filter(isOurs)) await type(text);
    const seen = load.results().length;
    await until('further answers have come', () => load.results().length > seen + 200);
    for (const kind of ['service-resolver', 'service-splitter', 'service-router'])
      expect(await mesh.config(kind, SERVICE), kind).to.equal(undefined);
    expect(await mesh.consul.api('GET', '/v1/kv/splitter/?keys')).to.equal(undefined);
    expect((await shell.run(`status ${SERVICE}`)).out).to.match(/payments has no service-splitter/);
    expect(failuresIn(await load.stop()), 'failed requests').to.deep.equal([]);
  });
}).timeout(120_000);
