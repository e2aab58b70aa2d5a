import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { resolverEntry, splitterEntry } from '../../src/core/entries.js';
import type { Step } from '../../src/core/plan.js';
import { readRecord } from '../../src/core/record.js';
import { isFinal } from '../../src/core/rollout.js';
import { digestPlan } from '../../src/plan/digest.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { request } from '../mesh/consul.js';
import { endSplitters, type SplitterProcess, startSplitter } from '../mesh/program.js';
import { until } from '../mesh/until.js';
import { registerVersions } from '../support/crash-services.js';
import { makePlan, makeRollout, weight } from '../support/world.js';

const SERVICES = Array.from({ length: 40 }, (_, i) => `shop-${i}`);
/** Rollouts of each service: all of a day's of a busy shop. The first ones fill the page's last events, which are bounded in bytes. */
const WARM = 20;
const ROUNDS = 30;
/** What one rollout may leave behind in memory. Its world, evidence and log take at least ten times as much while it runs. */
const LEFT_BEHIND = 2_048;

const good: readonly Step[] = [weight(50), weight(100)];
/** Canary never has so many instances: taken back. */
const bad: readonly Step[] = [weight(50), { kind: 'wait', healthy: 99, deadline: 200 }, weight(100)];

describe('a day of rollouts in fast motion', () => {
  let sandbox: Sandbox;
  let controller: SplitterProcess;
  const api = <T>(method: string, path: string, body?: unknown): Promise<T | undefined> =>
    request<T>(`${sandbox.consulAddress}${path}`, method, body, undefined);

  before(async () => {
    sandbox = await startSandbox({ traffic: 1 });
    for (const service of SERVICES) {
      await registerVersions({ api }, service);
      await api('PUT', '/v1/config', resolverEntry(undefined, service, makePlan().subsets));
    }
    const probe = new URL('../support/heap-probe.js', import.meta.url).href;
    const flags = ['--expose-gc', '--import', probe];
    controller = startSplitter(sandbox.consulAddress, 'run --id day --listen 127.0.0.1:0', {}, flags);
    await until('the controller is a member', 20_000, async () => /"joined":\["day"\]/.test(controller.output()));
  });
  after(async () => {
    endSplitters();
    await controller?.exit;
    await sandbox?.stop();
  });

  it('1,200 of them, promoted and taken back, leave nothing in memory', async () => {
    const phases = new Map<string, number>();
    const day = async (rounds: number): Promise<void> => {
      await Promise.all(
        SERVICES.map(async (service, place) => {
          for (let round = 0; round < rounds; round++) {
            const phase = await runOne(service, (place + round) % 2 === 0 ? good : bad);
            phases.set(phase, (phases.get(phase) ?? 0) + 1);
          }
        }),
      );
    };
    await day(WARM);
    const before = await heap();
    await day(ROUNDS - WARM);
    const after = await heap();
    const rollouts = SERVICES.length * (ROUNDS - WARM);
    process.stdout.write(
      `      heap ${Math.round(before / 1_024)} KiB after ${SERVICES.length * WARM} rollouts, ${Math.round(after / 1_024)} KiB after ${SERVICES.length * ROUNDS}\n`,
    );
    expect([...phases.keys()].sort()).to.deep.equal(['Promoted', 'Reverted']);
    expect((after - before) / rollouts, 'bytes that one rollout leaves behind').to.be.lessThan(LEFT_BEHIND);
  }).timeout(240_000);

  /** Stores the record of a new rollout and waits until the controller has ended it; gives the phase that it ended in. */
  async function runOne(service: string, steps: readonly Step[]): Promise<string> {
    const plan = makePlan({ service, steps, bake: 10 });
    const digest = digestPlan(plan);
    await api('PUT', `/v1/kv/splitter/plans/${service}`, { plan, digest, source: 'day.yaml' });
    const id = `01JDK7Q${String(++begun).padStart(19, '0')}`;
    const [startedAt, driver] = [Date.now(), ''];
    const state = { phase: 'Progressing', reason: 'Stepping', step: 0 } as const;
    const rollout = makeRollout(50, { id, plan: digest, driver, startedAt, enteredAt: startedAt, state });
    await api('PUT', '/v1/config', splitterEntry(undefined, service, rollout.asked, rollout));
    for (;;) {
      await sleep(150);
      const entry = await api<{ readonly Meta: Readonly<Record<string, string>> }>(
        'GET',
        `/v1/config/service-splitter/${service}`,
      );
      const record = readRecord(entry?.Meta ?? {});
      if (record !== undefined && record.id === id && isFinal(record)) return record.state.phase;
    }
  }
  let begun = 0;

  /** What is in the controller's heap when all garbage is gone, after the last rollouts were let go, bytes. */
  async function heap(): Promise<number> {
    await sleep(1_500);
    const told = (): readonly string[] => controller.output().match(/heap-probe \d+/g) ?? [];
    const known = told().length;
    controller.kill('SIGUSR2');
    await until('the probe answers', 20_000, async () => told().length > known);
    return Number(told().at(-1)!.split(' ')[1]);
  }
});
