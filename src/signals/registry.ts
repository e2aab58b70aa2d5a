import type { Named } from '../core/placeholders.js';
import type { Signal } from '../core/plan.js';
import { isComparing, isScalar, type ScalarSignal } from '../core/scalar-signal.js';
import type { Reading } from '../core/verdict.js';
import type { Env } from '../net/secret.js';
import type { SignalSource, Target, TrafficSource } from '../ports.js';
import type { CatalogReader } from './catalog-reader.js';
import { measureCloudwatch } from './cloudwatch.js';
import { measureConsulHealth } from './consul-health.js';
import { measureDatadog } from './datadog.js';
import { Due } from './due.js';
import { EnvoySource } from './envoy.js';
import { measureExec, type RunProgram } from './exec.js';
import { measureGraphite } from './graphite.js';
import { measureHttp } from './http.js';
import { measureHttpJson } from './http-json.js';
import { measureInfluxdb } from './influxdb.js';
import type { Measured } from './measured.js';
import { measureNewRelic } from './newrelic.js';
import { pairUp } from './pair-up.js';
import { PresetBatches } from './preset-batch.js';
import { measurePrometheus } from './prometheus.js';
import type { ScrapeLimits } from './scrape-budget.js';

/** What the sources need: Consul's catalog, the number of passing canary instances, the environment (addresses, tokens), a way to run programs, and the time in ms. */
export interface SignalOptions {
  readonly catalog: CatalogReader;
  countReady(target: Target, abort: AbortSignal): Promise<number>;
  readonly env: Env;
  readonly runProgram: RunProgram;
  readonly scrape?: ScrapeLimits;
  now(): number;
}

const CONSUL_INTERVAL = 1_000;

/** All sources of evidence behind one door: Envoy at every call, the others at their own interval. Never throws; failures are `error` readings. */
export function createSignalSource(options: SignalOptions): SignalSource & TrafficSource {
  const envoy = new EnvoySource(options.catalog, () => options.now(), options.scrape);
  const due = new Due();
  const batches = new PresetBatches();

  async function readScalar(signal: ScalarSignal, target: Target, abort: AbortSignal): Promise<readonly Reading[]> {
    const at = options.now();
    if (!due.take(dueKey(signal, target), intervalOf(signal), at)) return [];
    return guard([signal], at, async () => [{ signal: signal.name, at, ...(await measure(signal, target, abort)) }]);
  }

  /** One number, or the same asked about both subsets at once, to compare them. */
  async function measure(signal: ScalarSignal, target: Target, abort: AbortSignal): Promise<Measured> {
    if (!isComparing(signal)) return measureOne(signal, target, abort);
    const sides = [target.canary, target.stable].map((subset) => measureOne(signal, { ...target, subset }, abort));
    const [canary, stable] = (await Promise.all(sides)) as [Measured, Measured];
    return pairUp(canary, stable);
  }

  function measureOne(signal: ScalarSignal, target: Target & Named, abort: AbortSignal): Promise<Measured> {
    const asking = { target, env: options.env, now: options.now(), abort };
    switch (signal.source) {
      case 'prometheus':
        return measurePrometheus(signal, target, options.env, batches, abort);
      case 'newrelic':
        return measureNewRelic(signal, asking);
      case 'datadog':
        return measureDatadog(signal, asking);
      case 'influxdb':
        return measureInfluxdb(signal, asking);
      case 'graphite':
        return measureGraphite(signal, asking);
      case 'cloudwatch':
        return measureCloudwatch(signal, asking);
      case 'http':
        return signal.json === undefined
          ? measureHttp(signal, asking)
          : measureHttpJson({ ...signal, json: signal.json }, asking);
      case 'exec':
        return measureExec(signal, target, options.runProgram, abort);
      case 'consul':
        return measureConsulHealth(target, (one, stop) => options.countReady(one, stop), abort);
    }
  }

  return {
    async read(signals, target, abort) {
      const counted = signals.filter((signal) => signal.source === 'envoy');
      const scalars = signals.filter(isScalar);
      const readings = await Promise.all([
        guard(counted, options.now(), () => envoy.read(counted, target, abort)),
        ...scalars.map((signal) => readScalar(signal, target, abort)),
      ]);
      return readings.flat();
    },
    traffic: (target, abort) => envoy.traffic(target, abort).catch(() => undefined),
  };
}

async function guard(
  signals: readonly Signal[],
  at: number,
  read: () => Promise<readonly Reading[]>,
): Promise<readonly Reading[]> {
  try {
    return await read();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return signals.map(({ name, source }) => ({ signal: name, at, query: source, raw: '', measurement: { kind: 'error', why } }));
  }
}

function intervalOf(signal: ScalarSignal): number {
  return signal.source === 'consul' ? CONSUL_INTERVAL : signal.interval;
}

function dueKey({ source, name }: ScalarSignal, { service, namespace, partition, datacenter, canary }: Target): string {
  return JSON.stringify([source, name, service, namespace, partition, datacenter, canary]);
}
