import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { act, finish } from '../../src/cli/act.js';
import { CommandError } from '../../src/cli/exit.js';
import { type Entry, legsOf, metaOf } from '../../src/core/entries.js';
import { weightOf } from '../../src/core/legs.js';
import type { Program } from '../../src/core/plan.js';
import { readRecord } from '../../src/core/record.js';
import { isFinal, type Rollout } from '../../src/core/rollout.js';
import { abort } from '../../src/core/verbs/abort.js';
import { undo } from '../../src/core/verbs/undo.js';
import { decodeTally } from '../../src/judge/tally.js';
import { digestPlan } from '../../src/plan/digest.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { crashContext, forgetLocks, isWrite, startDriving } from '../support/crash-client.js';
import { Crash, Fuse } from '../support/crash-fuse.js';
import { makePlan, weight } from '../support/world.js';

const AT_ONCE = 10;
const TRUE: Program = { kind: 'command', command: [process.execPath, '-e', '0'], timeout: 10_000 };

/** One sandbox, its probed address, and every splitter entry that its Consul took. */
class Life {
  readonly entries: Entry[] = [];
  readonly #sandbox: Sandbox;
  readonly #probe: Server;
  readonly #fails: boolean;

  constructor(sandbox: Sandbox, probe: Server, fails: boolean) {
    this.#sandbox = sandbox;
    this.#probe = probe;
    this.#fails = fails;
    probe.on('request', (_request, response) => response.writeHead(this.#fails && this.green >= 50 ? 500 : 200).end());
  }

  static async begin(fails: boolean): Promise<Life> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    return new Life(await startSandbox({ traffic: 0, callers: [] }), probe, fails);
  }

  /** Drives to the end, or to the crash. */
  async live(fuse?: Fuse): Promise<void> {
    const { port } = this.#probe.address() as AddressInfo;
    const plan = makePlan({
      steps: [weight(10), { kind: 'pause', for: 100 }, weight(50), { kind: 'pause', for: 150 }, weight(100)],
      bake: 100,
      route: { header: { name: 'x-canary', value: '1' }, sticky: { for: 60_000 } },
      hooks: { before_start: TRUE, after_promote: TRUE, after_revert: TRUE },
      signals: [
        {
          name: 'probe',
          source: 'http',
          url: `http://127.0.0.1:${port}/`,
          method: 'GET',
          interval: 50,
          timeout: 2_000,
          failureLimit: 2,
          errorLimit: 4,
        },
      ],
    });
    const context = this.context(fuse);
    try {
      await startDriving(context, { plan, digest: digestPlan(plan), source: 'test' }, fuse);
    } finally {
      context.client.destroy();
    }
  }

  context(fuse?: Fuse, burns = isWrite) {
    return crashContext(this.#sandbox.consulAddress, fuse, burns, (entry) => {
      if (entry.Kind === 'service-splitter') this.entries.push(entry);
    });
  }

  get address(): string {
    return this.#sandbox.consulAddress;
  }

  get green(): number {
    const entry = this.entries.at(-1);
    return entry === undefined ? 0 : weightOf(legsOf(entry, 'payments'), 'green') / 100;
  }

  get records(): readonly Rollout[] {
    return this.entries.map((entry) => readRecord(metaOf(entry))!);
  }

  async config(kind: string): Promise<Entry> {
    return (await (await fetch(`${this.address}/v1/config/${kind}/payments`)).json()) as Entry;
  }

  async end(): Promise<void> {
    await this.#sandbox.stop();
    this.#probe.closeAllConnections();
    await new Promise((resolve) => this.#probe.close(resolve));
  }
}

async function survive(life: Life, fuse: Fuse, where: string): Promise<void> {
  const died = await life.live(fuse).then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof Crash)) throw error;
      return true;
    },
  );
  await forgetLocks(life.address);
  const left = life.records.at(-1);
  if (died && (left === undefined || !isFinal(left))) await life.live();
  const stored = await life.config('service-splitter');
  const record = readRecord(metaOf(stored));
  expect([record?.seq, record?.state], `${where}: Consul holds the last record`).to.deep.equal([
    life.records.at(-1)!.seq,
    life.records.at(-1)!.state,
  ]);
  expect(isFinal(record!), `${where}: it reached its end`).to.equal(true);
  for (const [i, entry] of life.entries.entries()) {
    const legs = legsOf(entry, 'payments');
    expect(weightOf(legs, 'blue') + weightOf(legs, 'green'), `${where}: the weights sum to 100`).to.equal(10_000);
    expect([0, 1_000, 5_000, 10_000], `${where}: canary stands at a step`).to.include(weightOf(legs, 'green'));
    const [before, own] = [life.records[i - 1], life.records[i]!];
    expect(own.seq, `${where}: each write is one higher`).to.equal((before?.seq ?? 0) + 1);
    if (before !== undefined) expect(missesOf(own), `${where}: no failure is forgiven`).to.be.at.least(missesOf(before));
  }
  await expectLogged(life, where);
}

async function expectLogged(life: Life, where: string): Promise<void> {
  const context = life.context();
  const last = life.records.at(-1)!;
  const { entries } = await context.store.readHistory('payments', last.id);
  context.client.destroy();
  const lost = life.records.filter(({ seq }) => seq !== last.seq && !entries.some((entry) => entry.seq === seq));
  expect(
    lost.map(({ seq, message }) => `${seq}: ${message}`),
    `${where}: all but the last is in the log`,
  ).to.deep.equal([]);
}

function missesOf(record: Rollout): number {
  return Object.values(decodeTally(record.tally)).reduce((sum, one) => sum + (one.kind === 'scalar' ? one.misses : 0), 0);
}

/** Tries every write, before and after it, until a driver ends with fewer writes than that. */
async function tryEveryWrite(fails: boolean, end: Rollout['state']['phase']): Promise<number> {
  for (let from = 1; ; from += AT_ONCE) {
    const points = Array.from({ length: AT_ONCE }, (_, i) => from + i);
    let most = 0;
    for (const when of ['before', 'after'] as const)
      await Promise.all(
        points.map(async (at) => {
          const [life, fuse] = [await Life.begin(fails), new Fuse(at, when)];
          try {
            await survive(life, fuse, `killed ${when} write ${at}`);
            expect(life.records.at(-1)?.state.phase, `killed ${when} write ${at}`).to.equal(end);
            most = Math.max(most, fuse.calls);
          } finally {
            await life.end();
          }
        }),
      );
    if (most < points.at(-1)!) return most;
  }
}

describe('the real drive of `start` over HTTP on sandboxes, killed before and after every write of entries and log', () => {
  it('is replaced, and a good version is promoted', async () => {
    expect(await tryEveryWrite(false, 'Promoted')).to.be.greaterThan(12);
  });

  it('is replaced, and a version whose probe fails at half of the traffic is taken back', async () => {
    expect(await tryEveryWrite(true, 'Reverted')).to.be.greaterThan(8);
  });
}).timeout(120_000);

describe('undo over HTTP on a sandbox, killed before and after every call it makes', () => {
  it('is finished by typing undo again, or the abort that it then names', async () => {
    const life = await Life.begin(false);
    try {
      await life.live();
      const promoted = [await life.config('service-resolver'), await life.config('service-splitter')];
      let calls = 0;
      for (let at = 1; at <= calls + 1; at++) {
        for (const when of ['before', 'after'] as const) {
          for (const entry of promoted) await fetch(`${life.address}/v1/config`, { method: 'PUT', body: JSON.stringify(entry) });
          const fuse = new Fuse(at, when);
          const where = `killed ${when} call ${at}`;
          await undoOnce(life, fuse).catch((error: unknown) => {
            if (!(error instanceof Crash)) throw error;
          });
          await undoOnce(life).catch((error: unknown) => {
            if (!(error instanceof CommandError)) throw error;
            return abortOnce(life);
          });
          const stored = await life.config('service-splitter');
          const record = readRecord(metaOf(stored));
          expect([record?.state.phase, record?.state.reason, weightOf(legsOf(stored, 'payments'), 'blue')], where).to.deep.equal([
            'Reverted',
            'Undone',
            10_000,
          ]);
          expect((await life.config('service-resolver')).DefaultSubset, where).to.equal('blue');
          calls = Math.max(calls, fuse.calls);
        }
      }
      expect(calls).to.be.greaterThan(12);
    } finally {
      await life.end();
    }
  });

  async function undoOnce(life: Life, fuse?: Fuse): Promise<void> {
    const context = life.context(fuse, () => true);
    const work = act(context, 'payments', (rollout, seen) => undo(rollout, seen, Number.POSITIVE_INFINITY)).then(() =>
      finish(context, 'payments'),
    );
    await (fuse === undefined ? work : Promise.race([work, fuse.blown])).finally(() => context.client.destroy());
  }

  async function abortOnce(life: Life): Promise<void> {
    const context = life.context();
    await act(context, 'payments', abort, { depth: 'readable' });
    await finish(context, 'payments').finally(() => context.client.destroy());
  }
}).timeout(60_000);
