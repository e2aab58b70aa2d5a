import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { until } from '../../support/shell.js';
import { type Load, startLoad } from '../load.js';
import { type Mesh, SERVICE, startMesh } from '../mesh.js';
import { countByVersion, failuresIn, shareOf } from '../outcomes.js';
import { endSplitters } from '../program.js';
import { Transcript } from './transcript.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

describe('the Consul workshop, on a real mesh', () => {
  let mesh: Mesh;
  let load: Load;
  let folder: string;
  before(async function () {
    this.timeout(180_000);
    mesh = await startMesh();
    folder = mkdtempSync(join(tmpdir(), 'splitter-workshop-'));
    load = startLoad({ url: mesh.url, rps: 100 });
  });
  after(async () => {
    endSplitters();
    await load?.stop();
    await mesh?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const splits = async (): Promise<unknown> => (await mesh.config('service-splitter', SERVICE))?.Splits;
  const halves = [
    { Weight: 50, ServiceSubset: 'blue' },
    { Weight: 50, ServiceSubset: 'green' },
  ];

  it('its two files become a plan; half of the requests reach green, whose bug takes it back; its entries go out and in again', async () => {
    const t = new Transcript('workshop', 'The Consul workshop, with splitter', mesh.address);
    t.say("The workshop's own two files, as they stand there: `==` without quotes, a comma after `kind`, snake case.");
    const files = ['payments_resolver.hcl', 'payments_splitter.hcl'].map((name) => `${ROOT}docs/systems/workshop/${name}`);
    for (const file of files) t.note(`cat ${file}`, readFileSync(file, 'utf8'));
    const plan = join(folder, 'payments.yaml');
    expect((await t.run(`import ${files.join(' ')} --out ${plan}`)).code).to.equal(0);
    const imported = readFileSync(plan, 'utf8');
    expect(imported.trimEnd().split('\n')).to.have.length.at.most(10);
    t.note(`cat ${plan}`, imported);
    t.say(
      'One line more, so that somebody watches: at most 1 % of the answers of green may fail, as the sidecar of the caller counts them.',
    );
    const watched = `${imported}signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]\n`;
    writeFileSync(plan, watched);
    expect((await t.run(`validate ${plan}`)).code).to.equal(0);

    t.say('The base: the subsets, and all traffic on blue. Until here green gets nothing.');
    expect((await t.run(`apply ${plan}`)).code).to.equal(0);
    await until('all on blue', () => shareOf('2', load.results().slice(-50)) === 1);

    t.say('Half of the requests go to green. The plan then waits for a person, and the terminal goes on watching.');
    const { process: first, ended } = t.start(`start ${plan} --foreground`);
    await until('the pause at 50%', () => /PauseStep/.test(first.output()), 120_000);
    expect(await splits()).to.deep.equal(halves);
    const from = load.results().length;
    await until('600 answers at 50%', () => load.results().length >= from + 600);
    const half = load.results().slice(from, from + 600);
    expect(shareOf('3', half)).to.be.within(0.42, 0.58);
    expect(failuresIn(load.results())).to.deep.equal([]);
    const counted = countByVersion(half);
    t.say(
      `Of ${half.length} requests of the caller then, blue (2) answered ${counted['2']} and green (3) ${counted['3']}; none failed.`,
    );

    t.say('There seems to be a little bug in green: a third of its answers come late, and as 500. Nobody types anything.');
    const green = mesh.apps.get('3')!;
    Object.assign(green, { errorRate: 0.34, latencyMs: 200 });
    expect((await ended).code).to.equal(3);
    await until('all on blue again', () => shareOf('2', load.results().slice(-50)) === 1);
    expect((await t.run(`status ${SERVICE}`)).code).to.equal(0);
    expect((await t.run(`history ${SERVICE}`)).output).to.match(/Reverted \(SignalFailed\)/);

    t.say('The entries, out of Consul and into it again: `consul config write` takes what export writes, as HCL and as JSON.');
    Object.assign(green, { errorRate: 0, latencyMs: 0 });
    const before = await splits();
    for (const form of ['hcl', 'json']) {
      const out = join(folder, form);
      expect((await t.run(`export ${SERVICE} --format ${form} --out ${out}`)).code).to.equal(0);
      await mesh.deleteConfig('service-splitter', SERVICE);
      for (const kind of ['service-resolver', 'service-splitter']) {
        const path = `${out}/${kind}-${SERVICE}.${form}`;
        const said = await mesh.consulCli(['config', 'write', path]);
        expect(said).to.include(`Config entry written: ${kind}/${SERVICE}`);
        t.note(`consul config write ${path}`, said);
      }
      expect(await splits(), form).to.deep.equal(before);
    }

    t.say('And what stands in Consul is a plan again: here as the workshop leaves it, written by its own two files.');
    for (const file of files) t.note(`consul config write ${file}`, await mesh.consulCli(['config', 'write', file]));
    expect(await splits()).to.deep.equal(halves);
    const held = await t.run(`import ${SERVICE}`);
    expect([held.code, held.output]).to.deep.equal([0, imported.replace('subsets:', 'protocol: http\nsubsets:')]);
    t.say('It is adopted as it stands: a ramp goes on from the 50 % that green has, and abort gives it all back to blue.');
    expect((await t.run(`ramp ${SERVICE} --to 60 --signal errors=1%`)).code).to.equal(0);
    expect((await t.run(`abort ${SERVICE}`)).code).to.equal(0);
    await until('all on blue at last', () => shareOf('2', load.results().slice(-50)) === 1);
    t.close();
  });
}).timeout(300_000);
