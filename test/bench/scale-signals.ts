import { setTimeout as sleep } from 'node:timers/promises';
import type { History } from '../../src/core/history.js';
import type { Plan, Step } from '../../src/core/plan.js';
import { startConsulAgent } from '../mesh/consul.js';
import { weight } from '../support/world.js';
import { BareClient } from './scale-bare.js';
import { watchController } from './scale-controller.js';
import { layOut, serviceNames, setProtocol } from './scale-fixture.js';
import { beginStretch, round } from './scale-machine.js';
import { startFakePrometheus } from './scale-prometheus.js';

const ROLLOUTS = Number(process.env.BENCH_SIGNALS ?? 1_000);
const WATCHED_MS = Number(process.env.BENCH_SIGNALS_MS ?? 60_000);
const PAUSE = 20_000;
/** Until the first pause ends: by then the controller has to be there, or all would be due at once for ever after. */
const LEAD = 10_000;
const LEAD_EACH = 25;
const STEPS: readonly Step[] = Array.from({ length: 10 }, (_, i): readonly Step[] => [
  weight(5 * (i + 1)),
  { kind: 'pause', for: PAUSE },
]).flat();
const LIMITS = { interval: 5_000, timeout: 2_000, failureLimit: 3, consecutive: 3, errorLimit: 10 } as const;
const SIGNALS = [
  { name: 'errors', source: 'prometheus', preset: 'error-ratio', max: 0.01, ...LIMITS },
  { name: 'slow', source: 'prometheus', preset: 'p95', max: 500, ...LIMITS },
] as const satisfies Plan['signals'];

/** How late decisions of watched rollouts came: from the end of a pause to the next step stored and read back, ms, one number for each decision. */
export interface Watched {
  readonly rollouts: number;
  readonly decisions: number;
  readonly lagP50Ms: number;
  readonly lagP99Ms: number;
  readonly lagMaxMs: number;
  readonly cores: number;
  readonly consulRequestsPerSecond: number;
  readonly prometheusRequestsPerSecond: number;
}

/** Ramps with two Prometheus presets each, their pauses ending evenly over the time. */
export async function measureSignals(report: (line: string) => void): Promise<Watched> {
  const consul = await startConsulAgent();
  const prometheus = await startFakePrometheus();
  const client = new BareClient(consul.address, 1);
  try {
    await setProtocol(consul);
    const names = serviceNames('watched', 0, ROLLOUTS);
    const first = Date.now() + LEAD + ROLLOUTS * LEAD_EACH;
    await layOut(consul, {
      names,
      plan: { steps: STEPS, signals: SIGNALS },
      record: (place) => ({
        canaryPercent: 5,
        enteredAt: Math.round(first - PAUSE + (place / ROLLOUTS) * PAUSE),
        state: { phase: 'Progressing', reason: 'Stepping', step: 1 },
      }),
    });
    const controller = await watchController(consul.address, { PROMETHEUS_URL: prometheus.address });
    await sleep(Math.max(0, first - Date.now()));
    const from = Date.now();
    const before = { ...(await controller.use()), asked: prometheus.asked() };
    const end = beginStretch([consul.pid, controller.pid]);
    await sleep(WATCHED_MS);
    const { own, seconds, othersCores } = end();
    const after = await controller.use();
    const asked = prometheus.asked() - before.asked;
    await controller.stop();
    const lags = (await readLags(client, from)).sort((a, b) => a - b);
    const at = (share: number): number => lags[Math.min(lags.length - 1, Math.floor(share * lags.length))] ?? Number.NaN;
    const result = {
      rollouts: ROLLOUTS,
      decisions: lags.length,
      lagP50Ms: at(0.5),
      lagP99Ms: at(0.99),
      lagMaxMs: lags.at(-1) ?? Number.NaN,
      cores: round(own[1]! / seconds),
      consulRequestsPerSecond: round((after.requests - before.requests) / seconds),
      prometheusRequestsPerSecond: round(asked / seconds),
    };
    report(
      `${ROLLOUTS} rollouts with signals: ${result.decisions} decisions, late by ${result.lagP50Ms} ms (median), ${result.lagP99Ms} ms (99 of 100), ${result.lagMaxMs} ms (worst); ${result.cores} cores, ${result.consulRequestsPerSecond} requests a second to Consul and ${result.prometheusRequestsPerSecond} to Prometheus; Consul ${round(own[0]! / seconds)} cores, others on the machine ${round(othersCores)}`,
    );
    return result;
  } finally {
    client.close();
    await prometheus.stop();
    await consul.kill();
  }
}

/** For each pause that ended since: how long after its end the next step was stored, by the decision logs. */
async function readLags(client: BareClient, from: number): Promise<number[]> {
  const pages = (await client.get('/v1/kv/splitter/history/?recurse')) as readonly { readonly Value: string }[];
  return pages.flatMap(({ Value }) => {
    const { entries } = JSON.parse(Buffer.from(Value, 'base64').toString()) as History;
    return entries.flatMap((entry, i) => {
      const next = entries[i + 1];
      const ended = next !== undefined && next.step > entry.step && STEPS[entry.step]?.kind === 'pause';
      const due = entry.enteredAt + PAUSE;
      return ended && due >= from ? [next.at - due] : [];
    });
  });
}
