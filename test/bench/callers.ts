import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Plan, Step } from '../../src/core/plan.js';
import { inTurns } from '../../src/signals/in-turns.js';
import { type ConsulAgent, startConsulAgent } from '../mesh/consul.js';
import { until } from '../mesh/until.js';
import { weight } from '../support/world.js';
import type { Asked } from './callers-server.js';
import { watchController } from './scale-controller.js';
import { layOut, serviceNames, setProtocol } from './scale-fixture.js';
import { beginStretch, cpuSecondsOf, memoryOf, round } from './scale-machine.js';

const SIZES = (process.env.BENCH_CALLERS ?? '10,200,2000').split(',').map(Number);
const WARM_MS = Number(process.env.BENCH_CALLERS_WARM_MS ?? 20_000);
const WINDOW_MS = Number(process.env.BENCH_CALLERS_MS ?? 30_000);
/** Callers are instances of so many services, at most. */
const SERVICES = 20;
const PROMISED = { cores: 0.5, pagesPerSecond: 500 };
const STEPS: readonly Step[] = [weight(20), { kind: 'pause' }, weight(100)];
const SIGNALS = [
  { name: 'errors', source: 'envoy', metric: 'errors', max: 0.01 },
  { name: 'slow', source: 'envoy', metric: 'latency', over: 500, max: 0.05 },
] as const satisfies Plan['signals'];

/** What it costs a controller to watch one service with so many callers. */
interface Cost {
  readonly callers: number;
  /** How many of them were read within the time. */
  readonly read: number;
  readonly cores: number;
  readonly pagesPerSecond: number;
  /** The most pages within one second. */
  readonly pagesPeak: number;
  readonly rssMb: number;
  /** From the end of a request, at whatever moment, to the reading that counts it: 99 of 100, ms. */
  readonly delayMsP99: number;
  readonly othersCores: number;
}

/** One controller that watches one service with two signals, held at 20 %, and its callers' pages in another process. Fewer by `BENCH_CALLERS` (sizes with commas). */
export const bench = {
  name: 'callers',
  async run(report: (line: string) => void): Promise<unknown> {
    const sizes: Cost[] = [];
    for (const callers of SIZES) {
      const cost = await measure(callers);
      sizes.push(cost);
      report(
        `${callers} callers, ${cost.read} of them read: ${cost.cores} cores, ${cost.pagesPerSecond} pages a second (at most ${cost.pagesPeak} in one), ${cost.rssMb} MB resident, a request is counted after ${cost.delayMsP99} ms (99 of 100); others on the machine ${cost.othersCores} cores`,
      );
    }
    const most = sizes.at(-1);
    const bars = [
      { name: 'processor', limit: PROMISED.cores, measured: most?.cores },
      {
        name: 'pages in any second',
        limit: PROMISED.pagesPerSecond,
        measured: Math.max(...sizes.map(({ pagesPeak }) => pagesPeak)),
      },
    ].map((bar) => ({ ...bar, holds: bar.measured !== undefined && bar.measured <= bar.limit }));
    for (const { name, limit, measured, holds } of bars)
      report(`${holds ? 'holds' : 'BROKEN'}: ${name}: at most ${limit}, measured ${measured}`);
    return { ...most, sizes, bars };
  },
};

async function measure(callers: number): Promise<Cost> {
  const consul = await startConsulAgent();
  const server = fork(fileURLToPath(new URL('callers-server.js', import.meta.url)));
  try {
    const [{ port }] = (await once(server, 'message')) as [{ port: number }];
    await setProtocol(consul);
    await layOut(consul, {
      names: serviceNames('payments', 0, 1),
      plan: { steps: STEPS, signals: SIGNALS },
      record: () => ({ canaryPercent: 20, state: { phase: 'Paused', reason: 'PauseStep', step: 1 } }),
    });
    await registerCallers(consul, callers, port);
    const controller = await watchController(consul.address);
    try {
      await until('the rollout is known', 60_000, async () => (await controller.owned()) === 1);
      await new Promise((resolve) => setTimeout(resolve, WARM_MS));
      await ask(server);
      const used = cpuSecondsOf(controller.pid);
      const end = beginStretch([consul.pid, controller.pid, server.pid!]);
      await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
      const { seconds, othersCores } = end();
      const cores = round((cpuSecondsOf(controller.pid) - used) / seconds);
      const { rssMb } = memoryOf(controller.pid);
      const asked = await ask(server);
      return {
        callers,
        read: asked.callers,
        cores,
        pagesPerSecond: round(asked.pages / seconds),
        pagesPeak: asked.peak,
        rssMb,
        delayMsP99: Math.round(delayWithin(asked.gaps, 0.99)),
        othersCores: round(othersCores),
      };
    } finally {
      await controller.stop();
    }
  } finally {
    server.disconnect();
    await consul.kill();
  }
}

async function ask(server: ChildProcess): Promise<Asked> {
  server.send('report');
  const [asked] = (await once(server, 'message')) as [Asked];
  return asked;
}

/** Each caller is an address of its own on the loopback net, with the service among its upstreams. */
async function registerCallers(consul: ConsulAgent, callers: number, port: number): Promise<void> {
  const places = Array.from({ length: callers }, (_, i) => i);
  await inTurns(places, 8, (i) => {
    const name = `web-${String(i % SERVICES).padStart(2, '0')}`;
    return consul.api('PUT', '/v1/catalog/register', {
      Node: 'bench',
      Address: '127.0.0.1',
      SkipNodeUpdate: true,
      Service: {
        Kind: 'connect-proxy',
        ID: `${name}-${i}-proxy`,
        Service: `${name}-sidecar-proxy`,
        Address: `127.1.${i >> 8}.${i & 255}`,
        Port: 20_000,
        Proxy: {
          DestinationServiceName: name,
          Upstreams: [{ DestinationType: 'service', DestinationName: 'payments-00000', LocalBindPort: 1 }],
          Config: { envoy_prometheus_bind_addr: `0.0.0.0:${port}` },
        },
      },
    });
  });
}

/** The delay that so many of the requests stay below which come at any moment, each counted at the end of its gap. */
function delayWithin(gaps: readonly number[], share: number): number {
  const sorted = [...gaps].sort((a, b) => b - a);
  const outside = sorted.reduce((sum, gap) => sum + gap, 0) * (1 - share);
  // Above a delay lie the parts of the longest gaps that reach beyond it.
  let longer = 0;
  for (let i = 0; i < sorted.length; i++) {
    longer += sorted[i]!;
    const next = sorted[i + 1] ?? 0;
    if (longer - (i + 1) * next >= outside) return (longer - outside) / (i + 1);
  }
  return 0;
}
