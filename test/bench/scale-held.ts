import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../../src/core/plan.js';
import { startConsulAgent } from '../mesh/consul.js';
import { until } from '../mesh/until.js';
import { weight } from '../support/world.js';
import { watchController } from './scale-controller.js';
import { layOut, serviceNames, setProtocol } from './scale-fixture.js';
import { beginStretch, cpuSecondsOf, memoryOf, round } from './scale-machine.js';

const SIZES = (process.env.BENCH_HELD ?? '100,1000,10000').split(',').map(Number);
const WINDOW_MS = Number(process.env.BENCH_HELD_MS ?? 30_000);
/** Prometheus scrapes about as often by default. */
const SCRAPE_MS = 15_000;
const STEPS: readonly Step[] = [weight(20), { kind: 'pause' }, weight(50), { kind: 'pause', for: 600_000 }, weight(100)];
/** How long a controller may take to know all rollouts, and to calm down after, ms. */
const OPENING_MS = 120_000;
const SETTLING_MS = 60_000;
const CALM = 0.2;

/** What so many rollouts that wait for a person cost a controller. */
export interface Held {
  readonly rollouts: number;
  /** From the start of the process until it looks after all of them. */
  readonly startupSeconds: number;
  readonly rssMb: number;
  readonly peakMb: number;
  readonly cores: number;
  readonly consulRequestsPerSecond: number;
  readonly consulCores: number;
  readonly othersCores: number;
}

/** One controller after the other over ever more held rollouts on one Consul. */
export async function measureHeld(report: (line: string) => void): Promise<readonly Held[]> {
  const consul = await startConsulAgent();
  try {
    await setProtocol(consul);
    const results: Held[] = [];
    let there = 0;
    for (const size of SIZES) {
      const began = performance.now();
      await layOut(consul, {
        names: serviceNames('held', there, size),
        plan: { steps: STEPS },
        record: () => ({ canaryPercent: 20, state: { phase: 'Paused', reason: 'PauseStep', step: 1 } }),
      });
      there = size;
      report(`${size} held rollouts: laid out in ${round((performance.now() - began) / 1_000)} s`);
      const held = await measureOne(consul, size);
      report(
        `  known after ${held.startupSeconds} s, ${held.rssMb} MB resident (peak ${held.peakMb}), ${held.cores} cores, ${held.consulRequestsPerSecond} requests a second; Consul ${held.consulCores} cores, others on the machine ${held.othersCores}`,
      );
      results.push(held);
    }
    return results;
  } finally {
    await consul.kill();
  }
}

async function measureOne(consul: { readonly address: string; readonly pid: number }, size: number): Promise<Held> {
  const started = performance.now();
  const controller = await watchController(consul.address);
  await until(`${size} rollouts are known`, OPENING_MS, async () => {
    await sleep(Math.max(300, size / 4));
    return (await controller.owned()) === size;
  });
  const startupSeconds = round((performance.now() - started) / 1_000);
  await until('the controller is calm', SETTLING_MS, async () => {
    const before = cpuSecondsOf(controller.pid);
    await sleep(2_000);
    return (cpuSecondsOf(controller.pid) - before) / 2 < CALM;
  });
  const before = await controller.use();
  const end = beginStretch([consul.pid, controller.pid]);
  for (let left = WINDOW_MS; left > 0; left -= SCRAPE_MS) {
    await sleep(Math.min(left, SCRAPE_MS));
    await controller.use();
  }
  const { own, seconds, othersCores } = end();
  const after = await controller.use();
  const memory = memoryOf(controller.pid);
  await controller.stop();
  return {
    rollouts: size,
    startupSeconds,
    ...memory,
    cores: round(own[1]! / seconds),
    consulRequestsPerSecond: round(((after.requests - before.requests) / (after.at - before.at)) * 1_000),
    consulCores: round(own[0]! / seconds),
    othersCores: round(othersCores),
  };
}
