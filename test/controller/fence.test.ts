import { expect } from 'chai';
import { type Context, createContext } from '../../src/cli/context.js';
import type { CommandIo } from '../../src/cli/io.js';
import { isPassing } from '../../src/consul/errors.js';
import { LogBook } from '../../src/consul/log-book.js';
import { Controller } from '../../src/controller/controller.js';
import { type Consul, startConsul } from '../../src/sandbox/consul/serve.js';
import { PLAIN } from '../../src/view/style.js';
import { registerVersions } from '../support/crash-services.js';
import { planFile } from '../support/plan-file.js';
import { Shell, until } from '../support/shell.js';
import { expectSoundLog } from '../support/sound-log.js';
import { type SplittersWatch, watchSplitters } from '../support/splitters-watch.js';

const SERVICES = Array.from({ length: 20 }, (_, i) => `service-${i}`);
const STEPS = [20, 40, 60, 80].map((weight) => `{ weight: ${weight} }, { pause: 50ms }`).join(', ');

const plan = (service: string): string => `
service: ${service}
subsets: { blue: { version: "2" }, green: { version: "3" } }
stable: blue
steps: [${STEPS}, { weight: 100 }]
bake: 50ms
`;

/** A controller that believes itself alone, and so the owner of everything. */
class Believer {
  readonly id: string;
  conflicts = 0;
  readonly refused: string[] = [];
  readonly #context: Context;
  readonly #controller: Controller;
  readonly #running: Promise<void>;

  constructor(id: string, address: string) {
    this.id = id;
    this.#context = createContext({}, {
      env: { CONSUL_HTTP_ADDR: address },
      style: PLAIN,
      atEnd: () => undefined,
    } as unknown as CommandIo);
    const { client, mesh, store, programs, clock, doorbell, lock, freeze } = this.#context;
    this.#controller = new Controller(id, {
      mesh,
      programs,
      clock,
      freeze,
      openWave: () => {
        throw new Error('no plan here has waves');
      },
      isPassing,
      log: new LogBook(client, store),
      signals: { read: async () => [], traffic: async () => undefined, coverage: () => ({}) },
      findPlan: async (service) => (await store.readPlan(service))?.plan,
      lives: async (service, driver) => (await lock.read(service, clock.now()))?.id === driver,
      listen: (index, abort) => doorbell.listen(index, abort),
      probe: () => mesh.probe(),
      onEvent: (event) => {
        if (event.kind === 'conflict') this.conflicts++;
        if (event.kind === 'refused') this.refused.push(event.message);
      },
    });
    this.#controller.setMembers([id]);
    this.#running = this.#controller.run();
  }

  /** Registers it, so that commands hand rollouts over. */
  async register(): Promise<void> {
    const member = { id: this.id, host: 'here', pid: process.pid, since: Date.now(), version: '0' };
    await this.#context.members.beat(member, 600_000);
  }

  async stop(): Promise<void> {
    await this.#controller.stop();
    await this.#running;
    this.#context.client.destroy();
  }
}

describe('two controllers that both believe themselves the owner of everything', () => {
  let consul: Consul;
  let believers: readonly Believer[];
  let seen: SplittersWatch;
  beforeEach(async () => {
    consul = await startConsul();
    believers = ['c1', 'c2'].map((id) => new Believer(id, consul.address));
    seen = watchSplitters(consul.address);
    await believers[0]!.register();
  });
  afterEach(async () => {
    await Promise.all(believers.map((one) => one.stop()));
    await seen.stop();
    await consul.stop();
  });

  it('twenty rollouts: each step is made once, by one of them; the other one loses its compare-and-set and looks again', async () => {
    const shell = new Shell(consul.address);
    const ask = async (method: string, path: string, body?: unknown): Promise<unknown> =>
      (await fetch(`${consul.address}${path}`, { method, body: JSON.stringify(body) })).text();
    const begin = async (service: string): Promise<void> => {
      await registerVersions({ api: ask }, service);
      const path = planFile(plan(service));
      expect((await shell.run(`apply ${path}`)).code).to.equal(0);
      const { code, err } = await shell.run(`start ${path}`);
      expect(code, err).to.equal(0);
    };
    await Promise.all(SERVICES.map(begin));
    await until(
      'all are promoted',
      () => SERVICES.every((service) => seen.last(service)?.record?.state.phase === 'Promoted'),
      60_000,
    );
    let records = 0;
    const authors = new Map<string, number>();
    for (const service of SERVICES) {
      const last = seen.last(service)!.record!.seq;
      await until('the last record is logged', async () => {
        const { rollouts } = await shell.json(`history ${service}`);
        return rollouts[0].entries.at(-1).indexAfter > 0;
      });
      const entries = await expectSoundLog(shell, service, last);
      records += last;
      expect(entries.filter(({ asked }) => asked.green === 100).length, 'it came to the whole').to.be.greaterThan(0);
      for (const { driver } of entries) authors.set(driver, (authors.get(driver) ?? 0) + 1);
    }
    const conflicts = believers.reduce((sum, one) => sum + one.conflicts, 0);
    const by = [...authors].map(([driver, count]) => `${driver || 'start'} ${count}`).join(', ');
    process.stdout.write(`      ${records} records (${by}), ${conflicts} conflicts\n`);
    expect(conflicts, 'conflicts').to.be.greaterThan(0);
    expect(Math.min(authors.get('controller:c1') ?? 0, authors.get('controller:c2') ?? 0), 'both wrote').to.be.greaterThan(0);
    expect(believers.flatMap(({ refused }) => refused)).to.deep.equal([]);
  });
}).timeout(120_000);
