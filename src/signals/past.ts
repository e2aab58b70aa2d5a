import { groupByCount } from '../core/count-groups.js';
import type { PrometheusSignal, Protocol, Signal } from '../core/plan.js';
import { isComparing, isProbe } from '../core/scalar-signal.js';
import type { Reading } from '../core/verdict.js';
import type { Env } from '../net/secret.js';
import type { Target } from '../ports.js';
import { pairUp } from './pair-up.js';
import { readCounts, wasGrpc } from './past-counts.js';
import { oneOf } from './prometheus-answer.js';
import { type PromTarget, promQuery } from './prometheus-presets.js';
import { countLooks, fetchRange, openServer, type Range, type RangeServer } from './prometheus-range.js';

/** The readings of one signal in the past; `why` where there is none to be had. */
export interface Past {
  readonly signal: string;
  readonly readings: readonly Reading[];
  readonly why?: string;
}

/** Where to ask and whom to tell how many looks of how many are fetched. */
export interface PastOptions {
  readonly prometheus: string;
  /** What the service speaks, where the plan says so. */
  readonly protocol: Protocol | undefined;
  readonly env: Env;
  readonly abort: AbortSignal;
  readonly told: (done: number, of: number) => void;
}

/** Reads what all signals of a plan would have read, from Prometheus; count signals at every step, others at their own interval. Throws a RangeFailure. */
export async function readPast(
  signals: readonly Signal[],
  target: Target,
  range: Range,
  options: PastOptions,
): Promise<readonly Past[]> {
  const { protocol, env, abort } = options;
  const counted = groupByCount(signals.filter((signal) => signal.source === 'envoy'));
  const scalars = signals.filter((signal) => signal.source === 'prometheus');
  const ownRange = ({ interval }: PrometheusSignal): Range => ({ ...range, step: interval });
  const looksOf = (signal: PrometheusSignal): number => countLooks(ownRange(signal)) * (isComparing(signal) ? 2 : 1);
  const of = counted.length * countLooks(range) + scalars.reduce((sum, signal) => sum + looksOf(signal), 0);
  let done = 0;
  const told = (looks: number): void => {
    done += looks;
    options.told(done, of);
  };
  const found: Past[] = [];
  const server = await openServer(options.prometheus, '--prometheus', env, abort);
  const isGrpc = counted.some(([{ metric }]) => metric === 'errors') && (await wasGrpc(protocol, target, range, server));
  for (const group of counted) found.push(...(await readCounts(group, target, range, server, isGrpc, told)));
  for (const signal of scalars) {
    const own = signal.url === undefined ? server : await openServer(signal.url, `the url of ${signal.name}`, env, abort);
    found.push(await readNumbers(signal, target, ownRange(signal), own, told));
  }
  return signals.map(
    (one) => found.find(({ signal }) => signal === one.name) ?? { signal: one.name, readings: [], why: whyNone(one) },
  );
}

function whyNone(signal: Signal): string {
  if (isProbe(signal)) return 'nobody recorded what its probe would have met';
  if (signal.source === 'consul') return 'Consul keeps no record of past health checks';
  return 'only Prometheus is asked about the past; give its readings by --file';
}

async function readNumbers(
  signal: PrometheusSignal,
  target: Target,
  range: Range,
  server: RangeServer,
  told: (looks: number) => void,
): Promise<Past> {
  const about = (subset: string): Promise<Past> => readSeries(signal, { ...target, subset }, range, server, told);
  const canary = await about(target.canary);
  if (!isComparing(signal) || canary.why !== undefined) return canary;
  const stable = await about(target.stable);
  if (stable.why !== undefined) return stable;
  // The same moments were asked for on both sides.
  return { ...canary, readings: canary.readings.map((one, i) => ({ ...one, ...pairUp(one, stable.readings[i] ?? one) })) };
}

async function readSeries(
  signal: PrometheusSignal,
  target: PromTarget,
  range: Range,
  server: RangeServer,
  told: (looks: number) => void,
): Promise<Past> {
  const query = promQuery(signal, target) ?? '';
  const readings: Reading[] = [];
  let seen = false;
  for await (const { times, series } of fetchRange(server, query, range)) {
    seen ||= series.length > 0;
    for (const [i, at] of times.entries()) {
      const values = series.flatMap((one) => one.values[i] ?? []);
      readings.push({ signal: signal.name, at, query, raw: values.join(', '), measurement: oneOf(values, signal.reduce) });
    }
    told(times.length);
  }
  return seen ? { signal: signal.name, readings } : { signal: signal.name, readings: [], why: `no series answer ${query}` };
}
