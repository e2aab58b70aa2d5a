import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '../../src/core/plan.js';
import { startConsulAgent } from '../mesh/consul.js';
import { weight } from '../support/world.js';
import { BareClient, measureBare } from './scale-bare.js';
import { watchController } from './scale-controller.js';
import { layOut, serviceNames, setProtocol } from './scale-fixture.js';
import { beginStretch, round } from './scale-machine.js';

const ROLLOUTS = Number(process.env.BENCH_RAMPS ?? 1_000);
const BARE_MS = Number(process.env.BENCH_BARE_MS ?? 8_000);
/** As many as a controller works with at once, its blocking queries aside. */
const CONNECTIONS = 8;
const STEPS: readonly Step[] = Array.from({ length: 20 }, (_, i) => weight(5 * (i + 1)));
/** The first and the last steps are left out: then not every rollout is under way. */
const [FROM, TO] = [0.1, 0.8];
const LOOK_MS = 2_000;
const LONGEST_MS = 90_000;

/** Steps a second of a thousand ramps at once, and compare-and-set PUTs a second of a bare loop on the same splitters before and after. */
export interface Ramps {
  readonly rollouts: number;
  readonly stepsPerSecond: number;
  readonly bareCasPutsPerSecond: number;
  readonly bare: readonly number[];
  readonly requestsPerStep: number;
  /** All requests by method and kind, from the start of the controller. */
  readonly requests: Readonly<Record<string, number>>;
  readonly cores: number;
}

/** Lets one controller ramp all rollouts as fast as Consul takes it. */
export async function measureRamps(report: (line: string) => void): Promise<Ramps> {
  const consul = await startConsulAgent();
  const client = new BareClient(consul.address, 1);
  try {
    await setProtocol(consul);
    const names = serviceNames('ramp', 0, ROLLOUTS);
    await layOut(consul, {
      names,
      plan: { steps: STEPS },
      record: () => ({ canaryPercent: 5, state: { phase: 'Progressing', reason: 'Stepping', step: 0 } }),
    });
    const bareLoop = async (): Promise<number> => {
      const end = beginStretch([consul.pid]);
      const rate = await measureBare(consul.address, names, CONNECTIONS, BARE_MS);
      const { own, seconds, othersCores } = end();
      report(
        `bare loop: ${Math.round(rate)} compare-and-set PUTs a second, ${CONNECTIONS} at once; Consul ${round((own[0]! / seconds / rate) * 1_000)} ms of a core each, others on the machine ${round(othersCores)} cores`,
      );
      return rate;
    };
    const bare = [await bareLoop()];
    const controller = await watchController(consul.address);
    const end = beginStretch([consul.pid, controller.pid]);
    const total = ROLLOUTS * (STEPS.length - 1);
    const seen: { readonly at: number; readonly steps: number }[] = [];
    const deadline = performance.now() + LONGEST_MS;
    while (performance.now() < deadline) {
      seen.push({ at: performance.now(), steps: await countSteps(client) });
      if (seen.at(-1)!.steps >= TO * total) break;
      await sleep(LOOK_MS);
    }
    const stretch = end();
    const use = await controller.use();
    await controller.stop();
    bare.push(await bareLoop());
    const [first, last] = [seen.find(({ steps }) => steps >= FROM * total) ?? seen[0]!, seen.at(-1)!];
    const result = {
      rollouts: ROLLOUTS,
      stepsPerSecond: Math.round((last.steps - first.steps) / ((last.at - first.at) / 1_000)),
      bareCasPutsPerSecond: Math.round((bare[0]! + bare[1]!) / 2),
      bare: bare.map(Math.round),
      requestsPerStep: round(use.requests / last.steps),
      requests: use.byKind,
      cores: round(stretch.own[1]! / stretch.seconds),
    };
    const perStep = (seconds: number): number => round((seconds / last.steps) * 1_000);
    report(
      `ramps: ${result.stepsPerSecond} steps a second, ${result.requestsPerStep} requests each; Consul ${perStep(stretch.own[0]!)} ms of a core each, the controller ${perStep(stretch.own[1]!)}, others on the machine ${round(stretch.othersCores)} cores`,
    );
    return result;
  } finally {
    client.close();
    await consul.kill();
  }
}

/** Steps that all rollouts have entered so far. */
async function countSteps(client: BareClient): Promise<number> {
  const entries = (await client.get('/v1/config/service-splitter')) as readonly {
    readonly Meta: Readonly<Record<string, string>>;
  }[];
  return entries.reduce((steps, { Meta }) => steps + Number(Meta['splitter-step']), 0);
}
