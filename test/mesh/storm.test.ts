import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { registerInCatalog } from '../support/catalog-services.js';
import { type FaultyConsul, type SeenRequest, startFaultyConsul } from '../support/faulty-consul.js';
import { planFile } from '../support/plan-file.js';
import { Shell } from '../support/shell.js';
import { expectSoundLog } from '../support/sound-log.js';
import { type SplittersWatch, watchSplitters } from '../support/splitters-watch.js';
import { type ConsulCluster, type ConsulServer, startCluster } from './cluster.js';
import { endSplitters, startSplitter } from './program.js';
import { until } from './until.js';

const IDS = ['c1', 'c2'];
const SERVICES = Array.from({ length: 30 }, (_, i) => `service-${i}`);
/** Requests a second that one controller may send while Consul is in trouble: on the mean, and within any one second. */
const BOUND = { mean: 60, peak: 100 };
const STEPS = Array.from({ length: 24 }, (_, i) => `{ weight: ${4 * (i + 1)} }, { pause: 2s }`).join(', ');
const AT_ONCE = 6;

const plan = (service: string): string => `
service: ${service}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [${STEPS}, { weight: 100 }]
bake: 1s
`;

/** What one controller sent in some time. */
interface Rate {
  readonly peak: number;
  readonly mean: number;
  readonly kinds: string;
}

describe('two controllers with thirty rollouts, before a Consul in trouble', () => {
  let cluster: ConsulCluster;
  let server: ConsulServer;
  let proxies: readonly FaultyConsul[];
  let shell: Shell;
  let seen: SplittersWatch;
  /** The mean of the busier one when all is well. */
  let well: number;

  before(async () => {
    cluster = await startCluster(1);
    server = cluster.servers[0]!;
    proxies = await Promise.all(IDS.map(() => startFaultyConsul(server.address)));
    shell = new Shell(server.address);
    seen = watchSplitters(server.address);
    for (const [i, id] of IDS.entries()) startSplitter(proxies[i]!.address, `run --id ${id} --listen 127.0.0.1:0`);
    await until('two members', 20_000, async () => (await members()).length === 2);
    const waiting = [...SERVICES];
    const work = async (): Promise<void> => {
      for (let service = waiting.shift(); service !== undefined; service = waiting.shift()) {
        await registerInCatalog(server, service);
        const { code, err } = await shell.run(`start ${planFile(plan(service))}`);
        expect(code, err).to.equal(0);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await until('all are in mid-ramp', 30_000, async () => SERVICES.every((service) => canary(service) >= 4));
  }).timeout(120_000);
  after(async () => {
    endSplitters();
    await seen?.stop();
    await Promise.all((proxies ?? []).map((proxy) => proxy.stop()));
    await cluster?.stop();
  });

  const members = async (): Promise<readonly string[]> =>
    (await server.api<readonly string[]>('GET', '/v1/kv/splitter/controllers/?keys')) ?? [];
  const canary = (service: string): number => seen.last(service)?.weights[1] ?? 0;

  it('well: the rate that the others are measured by', async () => {
    well = Math.max(...(await measure('well', () => sleep(8_000))).map(({ mean }) => mean));
    expect(well).to.be.greaterThan(0);
  });

  it('Consul is killed and started with its data', async () => {
    const rates = await measure('restart', async () => {
      await server.kill();
      await sleep(4_000);
      await server.start();
      await cluster.waitForLeader();
      await sleep(2_000);
    });
    expectBounded(rates);
    await goOn();
  });

  const ANSWERS: readonly (readonly [status: number, text: string])[] = [
    [429, 'rate limit exceeded, try again later or against a different server'],
    [503, 'rate limit exceeded for operation that can only be performed by the leader, try again later'],
    [503, 'upstream connect error'],
    [500, 'No cluster leader'],
    [500, 'rpc error making call: EOF'],
    [500, 'No known Consul servers'],
  ];
  for (const [status, text] of ANSWERS)
    it(`every request is answered ${status} "${text.slice(0, 30)}"`, async () => {
      expectBounded(await troubled(`${status} ${text.slice(0, 20)}`, { kind: 'answer', status, text }, () => true, 5_000));
      await goOn();
    });

  it('every third request is answered 429', async () => {
    let count = 0;
    const third = (): boolean => count++ % 3 === 0;
    expectBounded(await troubled('every third 429', { kind: 'answer', status: 429, text: 'rate limit exceeded' }, third, 6_000));
    await goOn();
  });

  it('every answer takes one to three seconds', async () => {
    const stops = proxies.flatMap((proxy) => {
      let count = 0;
      const slow = [1_000, 2_000, 3_000].map((ms, i) => proxy.fail({ kind: 'delay', ms }, () => i === 2 || count++ % 3 === i));
      return slow;
    });
    const rates = await measure('slow', () => sleep(12_000));
    for (const stop of stops) stop();
    expectBounded(rates);
    await goOn();
  });

  it('connections are cut after a write was passed on: whether it was applied is not known', async () => {
    const entries = ({ method, path }: SeenRequest): boolean => method === 'PUT' && path === '/v1/config';
    expectBounded(await troubled('cut', { kind: 'cut', when: 'after' }, entries, 6_000));
    await goOn();
    const logs = ({ method, path }: SeenRequest): boolean => method === 'PUT' && /^\/v1\/(txn|kv)/.test(path);
    expectBounded(await troubled('cut logs', { kind: 'cut', when: 'after' }, logs, 4_000));
    await goOn();
  });

  it('all is well in the end: every rollout promoted, no step twice or back, each record logged', async () => {
    await until('all are promoted', 120_000, async () =>
      SERVICES.every((service) => seen.last(service)?.record?.state.phase === 'Promoted'),
    );
    for (const service of SERVICES) {
      const last = seen.last(service)!.record!.seq;
      await until('the last record is logged', 10_000, async () => {
        const { rollouts } = await shell.json(`history ${service}`);
        return rollouts[0].entries.at(-1).seq === last;
      });
      await expectSoundLog(shell, service, last);
    }
  }).timeout(180_000);

  /** Makes this trouble for so long. */
  async function troubled(
    name: string,
    trouble: Parameters<FaultyConsul['fail']>[0],
    which: (request: SeenRequest) => boolean,
    ms: number,
  ): Promise<readonly Rate[]> {
    const ends = proxies.map((proxy) => proxy.fail(trouble, which));
    const rates = await measure(name, () => sleep(ms));
    for (const end of ends) end();
    return rates;
  }

  async function measure(name: string, during: () => Promise<unknown>): Promise<readonly Rate[]> {
    for (const proxy of proxies) proxy.forget();
    const began = Date.now();
    await during();
    const seconds = (Date.now() - began) / 1_000;
    return proxies.map((proxy, i) => {
      const counts = Object.entries(proxy.counts()).sort(([, a], [, b]) => b - a);
      const mean = counts.reduce((sum, [, count]) => sum + count, 0) / seconds;
      const kinds = counts.map(([kind, count]) => `${kind} ${(count / seconds).toFixed(1)}`).join(', ');
      process.stdout.write(`      ${name}, ${IDS[i]}: peak ${proxy.peak()}/s, mean ${mean.toFixed(1)}/s (${kinds})\n`);
      return { peak: proxy.peak(), mean, kinds };
    });
  }

  function expectBounded(rates: readonly Rate[]): void {
    for (const { peak, mean, kinds } of rates) {
      expect(peak, `peak: ${kinds}`).to.be.at.most(BOUND.peak);
      expect(mean, `mean: ${kinds}`).to.be.at.most(Math.min(BOUND.mean, well));
    }
  }

  /** Waits until each rollout that is not at its end has moved. */
  async function goOn(): Promise<void> {
    const before = new Map(SERVICES.map((service) => [service, seen.last(service)!.record!.seq]));
    await measure('after', () =>
      until('every rollout goes on', 30_000, async () =>
        SERVICES.every((service) => {
          const { record } = seen.last(service)!;
          return record!.state.phase === 'Promoted' || record!.seq > before.get(service)!;
        }),
      ),
    );
  }
}).timeout(180_000);
