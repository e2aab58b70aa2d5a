import { groupByCount } from '../core/count-groups.js';
import type { EnvoySignal, PrometheusSignal, Signal } from '../core/plan.js';
import { isComparing, isProbe } from '../core/scalar-signal.js';
import type { Reading } from '../core/verdict.js';
import type { Target } from '../ports.js';
import { envoyQuery, measureEnvoy } from './envoy-measure.js';
import { pairUp } from './pair-up.js';
import { PastCounters } from './past-counters.js';
import { oneOf } from './prometheus-answer.js';
import { counterSelector, escapeLabel, escapePattern, type PromTarget, promQuery } from './prometheus-presets.js';
import { countLooks, fetchRange, openServer, type Range, type RangeServer } from './prometheus-range.js';
import type { Env } from './secret.js';

/** The readings of one signal in the past; `why` where there is none to be had. */
export interface Past {
  readonly signal: string;
  readonly readings: readonly Reading[];
  readonly why?: string;
}

/** Where to ask and whom to tell how many looks of how many are fetched. */
export interface PastOptions {
  readonly prometheus: string;
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
  const { env, abort } = options;
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
  for (const group of counted) found.push(...(await readCounts(group, target, range, server, told)));
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

const CLASS = 'envoy_response_code_class';

async function readCounts(
  signals: readonly [EnvoySignal, ...EnvoySignal[]],
  target: Target,
  range: Range,
  server: RangeServer,
  told: (looks: number) => void,
): Promise<readonly Past[]> {
  const [first] = signals;
  const queries =
    first.metric === 'errors' ? [counterSelector('upstream_rq_xx', target)] : await latencyQueries(first, target, range, server);
  if (typeof queries === 'string') return signals.map(({ name }) => ({ signal: name, readings: [], why: queries }));
  const counters = new PastCounters();
  const readings = signals.map((): Reading[] => []);
  let seen = false;
  const streams = queries.map((query) => fetchRange(server, query, range));
  for (;;) {
    const parts = await Promise.all(streams.map((stream) => stream.next()));
    const chunks = parts.flatMap((part) => (part.done === true ? [] : [part.value]));
    if (chunks.length < queries.length) break;
    for (const { at, increments } of counters.add(chunks, keyOf)) {
      seen ||= increments !== undefined;
      for (const [i, signal] of signals.entries()) {
        const measured =
          increments === undefined
            ? {
                query: envoyQuery(signal, target),
                raw: '',
                measurement: { kind: 'none', why: 'Prometheus has no series' } as const,
              }
            : measureEnvoy(signal, target, increments);
        readings[i]!.push({ signal: signal.name, at, ...measured });
      }
    }
    told(chunks[0]!.times.length);
  }
  const why = `no series match ${queries.at(-1)}; does Prometheus scrape the callers of ${target.service}, and did it then?`;
  return signals.map(({ name }, i) => (seen ? { signal: name, readings: readings[i]! } : { signal: name, readings: [], why }));
}

function keyOf(labels: Readonly<Record<string, string>>): { readonly label: string; readonly key: string } | undefined {
  const { [CLASS]: digit, le } = labels;
  if (digit !== undefined) return { label: CLASS, key: digit };
  // Prometheus 3 writes 500.0 where Envoy writes 500.
  return le === undefined ? { label: '', key: 'count' } : { label: 'le', key: String(Number(le)) };
}

/** Looks at which the edges of the histogram are asked for. */
const EDGE_LOOKS = 100;

/** The queries for the one bucket that decides and for all requests; a sentence where there is none. */
async function latencyQueries(
  { name, over = 0 }: EnvoySignal,
  target: Target,
  range: Range,
  server: RangeServer,
): Promise<readonly string[] | string> {
  const all = counterSelector('upstream_rq_time_bucket', target);
  const step = Math.max(range.step, Math.ceil((range.to - range.from) / EDGE_LOOKS));
  const texts = new Set<string>();
  for await (const { series } of fetchRange(server, `group by (le) (${all})`, { ...range, step }))
    for (const { labels } of series) texts.add(labels.le ?? '');
  const edges = [...texts].filter((text) => text !== '' && Number.isFinite(Number(text)));
  if (edges.length === 0)
    return `no series match ${all}; does Prometheus scrape the callers of ${target.service}, and did it then?`;
  const fitting = edges.filter((text) => Number(text) <= over);
  if (fitting.length === 0)
    return `Envoy counts no limit as short as the ${over} ms of ${name}; the shortest is ${Math.min(...edges.map(Number))} ms`;
  const edge = Math.max(...fitting.map(Number));
  const same = fitting.filter((text) => Number(text) === edge).map((text) => escapeLabel(escapePattern(text)));
  return [
    counterSelector('upstream_rq_time_bucket', target, `,le=~"${same.join('|')}"`),
    counterSelector('upstream_rq_time_count', target),
  ];
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
