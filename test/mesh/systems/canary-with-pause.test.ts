import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Shell, until } from '../../support/shell.js';
import { type Load, startLoad } from '../load.js';
import { type Mesh, SERVICE, startMesh } from '../mesh.js';
import { failuresIn, shareOf } from '../outcomes.js';
import { endSplitters, startSplitter } from '../program.js';
import { type Scaler, startScaler } from './scaler.js';
import { Transcript } from './transcript.js';

const head = (green: string): string => `service: ${SERVICE}
protocol: http
subsets: { blue: { version: "2" }, green: { version: "${green}" } }
stable: blue
route: { header: { name: x-canary, value: "1" } }
`;
const SIGNALS = 'signals: [{ name: errors, source: envoy, metric: errors, max: 2% }]\n';

describe('the canary with pause, on a real mesh', () => {
  let mesh: Mesh;
  let shell: Shell;
  let scaler: Scaler;
  let folder: string;
  const loads: Load[] = [];
  before(async function () {
    this.timeout(180_000);
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    scaler = await startScaler(mesh);
    folder = mkdtempSync(join(tmpdir(), 'splitter-pause-'));
  });
  after(async () => {
    endSplitters();
    await Promise.all(loads.map((load) => load.stop()));
    await scaler?.stop();
    await mesh?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const traffic = (rps: number, headers: Readonly<Record<string, string>> = {}): Load => {
    const load = startLoad({ url: mesh.url, rps, headers });
    loads.push(load);
    return load;
  };
  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const scale = (to: number, version = '3'): string =>
    `run: { url: "${scaler.address}/scale?version=${version}&to=${to}", timeout: 2m }`;
  const stored = async (): Promise<unknown> => {
    const { phase, reason, canary } = await shell.json(`status ${SERVICE}`);
    return [phase, reason, canary.weight.stored];
  };
  /** Waits until so many more requests were answered, and gives the share of green in them. */
  const shareOfGreen = async (load: Load, of = 400): Promise<number> => {
    const from = load.results().length;
    await until(`${of} answers`, () => load.results().length >= from + of);
    return shareOf('3', load.results().slice(from, from + of));
  };

  it('start, then continue from pause to pause: instances by a run step, testers first, 20, 40, 50, 100; not one request fails', async () => {
    const t = new Transcript('canary-with-pause', 'Canary with pause, with splitter', mesh.address);
    const plan = file(
      'payments.yaml',
      `${head('3')}steps:
  - pause: { deadline: 10m }
  - weight: 20
  - pause: { deadline: 10m }
  - ${scale(2)}
  - wait: { healthy: 2 }
  - weight: 40
  - pause: { deadline: 10m }
  - weight: 50
  - pause: {}
  - weight: 100
bake: 3s
${SIGNALS}`,
    );
    const [users, testers] = [traffic(80), traffic(20, { 'x-canary': '1' })];
    t.say(
      'One instance of version 3 was deployed beside version 2; nobody reaches it yet. The plan lets testers in by a header before anybody else, pauses at each weight, and has a `run` step start a second instance.',
    );
    expect((await t.run(`start ${plan} --foreground --wait`)).code).to.equal(5);
    expect(await stored()).to.deep.equal(['Paused', 'PauseStep', 0]);
    await until('testers on green', () => shareOf('3', testers.results().slice(-30)) === 1);
    expect(await shareOfGreen(users)).to.equal(0);
    t.say(
      'Requests with `x-canary: 1` reach green now, and no others: of the last 400 of users, green answered none. The evaluation is passed:',
    );

    for (const [weight, instances] of [
      [20, 1],
      [40, 2],
      [50, 2],
    ] as const) {
      const { code, output } = await t.run(`continue ${SERVICE}`);
      expect([code, await stored()], output).to.deep.equal([5, ['Paused', 'PauseStep', weight]]);
      expect((await shell.json(`status ${SERVICE}`)).canary.instances.passing).to.equal(instances);
      const share = await shareOfGreen(users);
      expect(share, `share at ${weight}%`).to.be.within(weight / 100 - 0.09, weight / 100 + 0.09);
      t.say(
        `Of the next 400 requests of users green answered ${Math.round(share * 400)}, by ${instances} ${instances === 1 ? 'instance' : 'instances'}.`,
      );
    }
    t.say('Where it stands, since when, and when all was last measured and found good:');
    expect((await t.run(`status ${SERVICE}`)).output).to.match(/changed {2}20.*Z, last healthy measurement 20.*Z/);
    t.say('The last continue goes to all traffic, bakes and promotes.');
    expect((await t.run(`continue ${SERVICE}`)).code).to.equal(0);
    expect(await stored()).to.deep.equal(['Promoted', 'BakePassed', 100]);
    await until('all on green', () => shareOf('3', users.results().slice(-50)) === 1);
    const outcomes = (await Promise.all(loads.splice(0).map((load) => load.stop()))).flat();
    expect(failuresIn(outcomes), 'failed requests').to.deep.equal([]);
    t.say(`${outcomes.length} requests were sent from the start to the promotion; none failed.`);
    t.close();
  });

  it('cancel takes it back from a pause; a pause that nobody continues in time does by itself', async () => {
    await shell.run(`undo ${SERVICE}`);
    const plan = file(
      'short.yaml',
      `${head('3')}steps: [{ weight: 20 }, { pause: { deadline: 2s } }, { weight: 100 }]\n${SIGNALS}`,
    );
    const left = await startSplitter(mesh.address, `start ${plan} --foreground`).exit;
    expect([left, await stored()]).to.deep.equal([3, ['Reverted', 'StepTimeout', 0]]);
    expect((await shell.json(`status ${SERVICE}`)).message).to.match(/after 2s: nobody resumed it at 20%/);
    const open = file('open.yaml', `${head('3')}steps: [{ weight: 20 }, { pause: {} }, { weight: 100 }]\n${SIGNALS}`);
    expect(await startSplitter(mesh.address, `start ${open} --foreground --wait`).exit).to.equal(5);
    const cancel = startSplitter(mesh.address, `cancel ${SERVICE}`);
    expect([await cancel.exit, await stored()], cancel.output()).to.deep.equal([0, ['Reverted', 'Aborted', 0]]);
    expect(cancel.output()).to.match(/^cancel is `splitter abort payments` here/);
  });

  it('a newer version supersedes it while it is paused: back to blue first, then the new one begins', async () => {
    const users = traffic(60);
    const open = file('open.yaml', `${head('3')}steps: [{ weight: 20 }, { pause: {} }, { weight: 100 }]\n${SIGNALS}`);
    expect(await startSplitter(mesh.address, `start ${open} --foreground --wait`).exit).to.equal(5);
    const { rollout } = await shell.json(`status ${SERVICE}`);
    await mesh.deploy('4');
    const newer = file('newer.yaml', `${head('4')}steps: [{ weight: 20 }, { pause: {} }, { weight: 100 }]\n${SIGNALS}`);
    const start = startSplitter(mesh.address, `start ${newer} --foreground --wait`);
    expect(await start.exit, start.output()).to.equal(5);
    expect(start.output()).to.match(/Superseded payments: superseded by a new rollout of dana: back on blue/);
    const now = await shell.json(`status ${SERVICE}`);
    expect([now.phase, now.canary.filter, now.canary.weight.stored]).to.deep.equal(['Paused', 'Service.Meta.version == "4"', 20]);
    expect(now.rollout).to.not.equal(rollout);
    expect((await shell.run(`cancel ${SERVICE}`)).code).to.equal(0);
    expect(failuresIn(await users.stop()), 'failed requests').to.deep.equal([]);
  });

  it('with a controller start returns at once; start --wait waits for the pause, and says what to type next', async () => {
    const open = file('open.yaml', `${head('3')}steps: [{ weight: 20 }, { pause: {} }, { weight: 100 }]\nbake: 2s\n${SIGNALS}`);
    const users = traffic(60);
    const controller = startSplitter(mesh.address, 'run --id one --listen 127.0.0.1:0');
    await until(
      'the controller lives',
      async () =>
        (await shell.json('list')) !== undefined &&
        (await mesh.consul.api('GET', '/v1/kv/splitter/controllers/?keys')) !== undefined,
    );
    const waited = startSplitter(mesh.address, `start ${open} --wait`);
    expect(await waited.exit, waited.output()).to.equal(5);
    expect(waited.output()).to.match(/ {2}-> splitter continue payments; {3}splitter abort payments\n$/);
    const on = startSplitter(mesh.address, `continue ${SERVICE} --wait`);
    expect([await on.exit, await stored()], on.output()).to.deep.equal([0, ['Promoted', 'BakePassed', 100]]);
    expect(failuresIn(await users.stop()), 'failed requests').to.deep.equal([]);
    controller.kill('SIGTERM');
    await controller.exit;
  });
}).timeout(300_000);
