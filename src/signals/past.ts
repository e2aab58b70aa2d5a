import { groupByCount } from '../core/count-groups.js';
import type { EnvoySignal, PrometheusSignal, Signal } from '../core/plan.js';
import { isComparing, isProbe } from '../core/scalar-signal.js';
import type { Reading } from '../core/verdict.js';
import type { Target } from '../ports.js';
import { envoyQuery, measureEnvoy } from './envoy-measure.js';
import type { Family } from './envoy-metrics.js';
import type { Increments } from './increments.js';
import { pairUp } from './pair-up.js';
import { PastCounters } from './past-counters.js';
import { oneOf } from './prometheus-answer.js';
import { counterSelector, escapeLabel, escapePattern, type PromTarget, promQuery, statusSelector } from './prometheus-presets.js';
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
  const asked =
    first.metric === 'errors' ? await errorQueries(target, range, server) : await latencyQueries(first, target, range, server);
  if (typeof asked === 'string') return signals.map(({ name }) => ({ signal: name, readings: [], why: asked }));
  const isGrpc = asked.some(({ family }) => family === 'statuses');
  const sources = asked.map(({ family, queries }) => ({
    family,
    counters: new PastCounters(),
    streams: queries.map((query) => fetchRange(server, query, range)),
  }));
  const readings = signals.map((): Reading[] => []);
  let seen = false;
  for (;;) {
    const looks = await Promise.all(
      sources.map(async ({ family, counters, streams }) => {
        const parts = await Promise.all(streams.map((stream) => stream.next()));
        const chunks = parts.flatMap((part) => (part.done === true ? [] : [part.value]));
        return { family, looks: chunks.length < streams.length ? [] : [...counters.add(chunks, keyOf)] };
      }),
    );
    const times = looks[0]?.looks ?? [];
    if (times.length === 0) break;
    for (const [look, { at }] of times.entries()) {
      const found = new Map(looks.map((one) => [one.family, one.looks[look]?.increments]));
      const isThere = [...found.values()].some((increments) => increments !== undefined);
      seen ||= isThere;
      const unseen = { isGrpc, take: (family: Family): Increments => found.get(family) ?? new Map() };
      for (const [i, signal] of signals.entries()) {
        const measured = isThere
          ? measureEnvoy(signal, target, unseen)
          : { query: envoyQuery(signal, target, isGrpc), raw: '', measurement: NO_SERIES };
        readings[i]!.push({ signal: signal.name, at, ...measured });
      }
    }
    told(times.length);
  }
  const why = noSeries(asked.at(-1)?.queries.at(-1) ?? '', target);
  return signals.map(({ name }, i) => (seen ? { signal: name, readings: readings[i]! } : { signal: name, readings: [], why }));
}

const NO_SERIES = { kind: 'none', why: 'Prometheus has no series' } as const;

/** What is asked for one family of counters. */
interface Asked {
  readonly family: Family;
  readonly queries: readonly string[];
}

/** Answers by class; where Prometheus has gRPC statuses of the service, those too: an answer 200 says nothing there. */
async function errorQueries(target: Target, range: Range, server: RangeServer): Promise<readonly Asked[]> {
  const classes: Asked = { family: 'classes', queries: [counterSelector('upstream_rq_xx', target)] };
  const statuses = statusSelector(target);
  for await (const { series } of fetchRange(server, `group(${statuses})`, { ...range, step: coarse(range) }))
    if (series.length > 0) return [classes, { family: 'statuses', queries: [statuses] }];
  return [classes];
}

function keyOf(
  labels: Readonly<Record<string, string>>,
): { readonly label: string; readonly key: string; readonly part?: string } | undefined {
  const { [CLASS]: digit, le } = labels;
  if (digit !== undefined) return { label: CLASS, key: digit };
  // Where Envoy does not take them out of the name, service and method stand in it before the status.
  const [, part, status] = /^envoy_cluster_grpc_(.*_)?(\d+)$/.exec(labels.__name__ ?? '') ?? [];
  if (status !== undefined) return { label: '', key: status, part: part ?? '' };
  // Prometheus 3 writes 500.0 where Envoy writes 500.
  return le === undefined ? { label: '', key: 'count' } : { label: 'le', key: String(Number(le)) };
}

function noSeries(query: string, { service }: Target): string {
  return `no series match ${query}; does Prometheus scrape the callers of ${service}, and did it then?`;
}

/** A step that asks for few looks only, ms. */
function coarse({ from, to, step }: Range): number {
  return Math.max(step, Math.ceil((to - from) / EDGE_LOOKS));
}

/** Looks at which the edges of the histogram are asked for. */
const EDGE_LOOKS = 100;

/** The queries for the one bucket that decides and for all requests; a sentence where there is none. */
async function latencyQueries(
  { name, over = 0 }: EnvoySignal,
  target: Target,
  range: Range,
  server: RangeServer,
): Promise<readonly Asked[] | string> {
  const all = counterSelector('upstream_rq_time_bucket', target);
  const step = coarse(range);
  const texts = new Set<string>();
  for await (const { series } of fetchRange(server, `group by (le) (${all})`, { ...range, step }))
    for (const { labels } of series) texts.add(labels.le ?? '');
  const edges = [...texts].filter((text) => text !== '' && Number.isFinite(Number(text)));
  if (edges.length === 0) return noSeries(all, target);
  const fitting = edges.filter((text) => Number(text) <= over);
  if (fitting.length === 0)
    return `Envoy counts no limit as short as the ${over} ms of ${name}; the shortest is ${Math.min(...edges.map(Number))} ms`;
  const edge = Math.max(...fitting.map(Number));
  const same = fitting.filter((text) => Number(text) === edge).map((text) => escapeLabel(escapePattern(text)));
  const queries = [
    counterSelector('upstream_rq_time_bucket', target, `,le=~"${same.join('|')}"`),
    counterSelector('upstream_rq_time_count', target),
  ];
  return [{ family: 'latency', queries }];
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
