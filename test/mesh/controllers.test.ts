import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { chargeOf } from '../../src/core/rendezvous.js';
import { registerVersions } from '../support/crash-services.js';
import { type EntryWatch, watchEntry } from '../support/crash-watch.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';
import { startLoad } from './load.js';
import { type Mesh, startMesh } from './mesh.js';
import { endSplitters, type SplitterProcess, startSplitter } from './program.js';
import { until } from './until.js';

const IDS = ['c1', 'c2', 'c3'];
const SERVICES = Array.from({ length: 30 }, (_, i) => `service-${i}`);
const AT_ONCE = 6;
const STEPS = `${Array.from({ length: 19 }, (_, i) => `{ weight: ${5 * (i + 1)} }, { pause: 3s }`).join(', ')}, { weight: 100 }`;
/** Consul drops a member 20 s after it was last heard of; the rest is for the next step. */
const TAKEN_OVER = 25_000;
const HANDED_OVER = 2_000;

const slow = (service: string): string => `
service: ${service}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [${STEPS}]
bake: 1s
`;
const watched = `
service: payments
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [{ weight: 50 }, { pause: {} }, { weight: 100 }]
signals: [{ name: errors, source: envoy, metric: errors, max: 1% }]
`;

describe('three controllers on a real mesh, thirty rollouts', () => {
  let mesh: Mesh;
  let shell: Shell;
  let running: Map<string, SplitterProcess>;
  before(async () => {
    mesh = await startMesh();
    shell = new Shell(mesh.address);
    running = new Map(IDS.map((id) => [id, startSplitter(mesh.address, `run --id ${id} --listen 127.0.0.1:0`)]));
    await until('three members', 20_000, async () => (await members()).length === 3);
  });
  after(async () => {
    endSplitters();
    await mesh?.stop();
  });

  const members = async (): Promise<readonly string[]> =>
    (await mesh.consul.api<readonly string[]>('GET', '/v1/kv/splitter/controllers/?keys')) ?? [];

  it('kill -9 of one: its rollouts go on, no step is made twice or back, and what fails in that second is taken back at once', async () => {
    const watches = await begin(SERVICES);
    await shell.run(`start ${planFile(watched)}`);
    await until('half of the traffic', 30_000, async () => (await shell.json('status payments')).canary?.weight.stored === 50);
    const load = startLoad({ url: mesh.url, rps: 200 });
    await sleep(3_000);
    const victim = chargeOf('payments', IDS).owner!;
    const orphans = SERVICES.filter((service) => chargeOf(service, IDS).owner === victim);
    expect(orphans.length, 'rollouts of the one that dies').to.be.greaterThan(4);

    mesh.apps.get('3')!.errorRate = 0.3;
    running.get(victim)!.kill('SIGKILL');
    const killed = Date.now();
    await until('the revert by the guardian', 15_000, async () => (await shell.json('status payments')).phase === 'Reverted');
    await sleep(500);
    const failed = (await load.stop()).filter(({ status, at }) => at > killed - 500 && status >= 500);
    const lasted = Math.max(...failed.map(({ at }) => at)) - Math.min(...failed.map(({ at }) => at));
    process.stdout.write(`      the guardian took it back: ${failed.length} failed answers over ${lasted} ms\n`);
    expect((await shell.json('status payments')).reason).to.equal('SignalFailed');
    expect(failed.length, 'failed answers').to.be.lessThan(100);

    const before = new Map(orphans.map((service) => [service, watches.get(service)!.states.length]));
    const standing = (): string[] => orphans.filter((service) => watches.get(service)!.states.length === before.get(service));
    await until('every orphan goes on', TAKEN_OVER - (Date.now() - killed), async () => {
      const records = standing().map((service) => `${service} ${JSON.stringify(watches.get(service)!.states.at(-1)?.record)}`);
      if (records.length > 0) throw new Error(records.join('\n'));
      return true;
    });
    process.stdout.write(`      ${orphans.length} rollouts went on within ${((Date.now() - killed) / 1_000).toFixed(1)} s\n`);
    running.set(victim, startSplitter(mesh.address, `run --id ${victim}-again --listen 127.0.0.1:0`));
    await until('every rollout is promoted', 240_000, async () =>
      [...watches.values()].every(({ states }) => states.at(-1)?.record?.state.phase === 'Promoted'),
    );
    for (const [service, watch] of watches) {
      await watch.stop();
      expectEachStepOnce(service, watch);
    }
  }).timeout(420_000);

  it('SIGTERM: the others take over within two seconds', async () => {
    const services = SERVICES.slice(0, 6).map((service) => `${service}-b`);
    const watches = await begin(
      services,
      '{ weight: 10 }, { pause: 1s }, { weight: 20 }, { pause: 1s }, { weight: 30 }, { pause: 1s }, { weight: 40 }, { pause: 1s }, { weight: 50 }, { pause: 1s }, { weight: 60 }, { pause: 1s }, { weight: 70 }, { pause: 1s }, { weight: 80 }, { pause: {} }',
    );
    const ids = (await members()).map((key) => key.split('/').at(-1)!);
    const leaver = ids.find((id) =>
      services.some((service) => chargeOf(service, ids).owner === id && watches.get(service)!.states.at(-1)!.weights[1] < 60),
    )!;
    const orphans = services.filter((service) => chargeOf(service, ids).owner === leaver);
    const leaving = [...running].find(([id]) => leaver.startsWith(id))![1];
    leaving.kill('SIGTERM');
    const left = Date.now();
    expect(await leaving.exit).to.equal(0);
    await until('the others know', HANDED_OVER, async () => !(await members()).some((key) => key.endsWith(`/${leaver}`)));
    const others = ids.filter((id) => id !== leaver);
    await until('the orphans are driven by others', HANDED_OVER + 3_000, async () =>
      orphans.every((service) => {
        const { record } = watches.get(service)!.states.at(-1)!;
        return record!.state.reason === 'PauseStep' || others.some((id) => record!.driver === `controller:${id}`);
      }),
    );
    process.stdout.write(
      `      ${orphans.length} rollouts taken over within ${Date.now() - left} ms, their pause of 1 s included\n`,
    );
    for (const [service, watch] of watches) {
      await watch.stop();
      expectEachStepOnce(service, watch);
    }
  }).timeout(120_000);

  /** Begins a rollout of each service, a few at a time; watches every state of its splitter. */
  async function begin(services: readonly string[], steps?: string): Promise<Map<string, EntryWatch>> {
    const watches = new Map<string, EntryWatch>();
    const waiting = [...services];
    const work = async (): Promise<void> => {
      for (let service = waiting.shift(); service !== undefined; service = waiting.shift()) {
        await registerVersions(mesh.consul, service);
        watches.set(service, watchEntry(mesh.address, 'service-splitter', service));
        const text = steps === undefined ? slow(service) : slow(service).replace(STEPS, steps);
        const started = await shell.run(`start ${planFile(text)}`);
        expect(started.code, started.err).to.equal(0);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return watches;
  }
});

/** Each record is the one before plus one; weights never fall; each weight is entered once. */
function expectEachStepOnce(service: string, { states }: EntryWatch): void {
  const records = states.flatMap(({ record, weights }) => (record === undefined ? [] : [{ record, canary: weights[1] }]));
  const entered: number[] = [];
  for (const [i, { record, canary }] of records.entries()) {
    const before = records[i - 1];
    if (before !== undefined) {
      expect(record.seq, `${service}: seq after ${before.record.seq}`).to.be.greaterThan(before.record.seq);
      expect(canary, `${service}: canary after ${before.canary}%`).to.be.at.least(before.canary);
      expect(record.state.step, `${service}: step`).to.be.at.least(before.record.state.step);
    }
    if (canary !== before?.canary) entered.push(canary);
  }
  expect(entered, `${service}: each weight once`).to.deep.equal([...new Set(entered)]);
}
