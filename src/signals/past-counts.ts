import type { EnvoySignal, Protocol } from '../core/plan.js';
import type { Reading } from '../core/verdict.js';
import type { Target } from '../ports.js';
import { envoyQuery, familiesOf, measureEnvoy } from './envoy-measure.js';
import type { Family } from './envoy-metrics.js';
import type { Past } from './past.js';
import { PastCounters } from './past-counters.js';
import { counterSelector, escapeLabel, escapePattern, requestSelector, statusSelector } from './prometheus-presets.js';
import { fetchRange, type Range, type RangeServer } from './prometheus-range.js';
import { Trials } from './trials.js';

/** What signals that count the same would have read. A sentence in `why` where there are no counters. */
export async function readCounts(
  signals: readonly [EnvoySignal, ...EnvoySignal[]],
  target: Target,
  range: Range,
  server: RangeServer,
  isGrpc: boolean,
  told: (looks: number) => void,
): Promise<readonly Past[]> {
  const queries = await queriesOf(signals[0], target, range, server, isGrpc);
  if (typeof queries === 'string') return signals.map(({ name }) => ({ signal: name, readings: [], why: queries }));
  const counters = new PastCounters(readOf(signals[0], isGrpc));
  const readings = signals.map((): Reading[] => []);
  const trials = signals.map(() => new Trials());
  let seen = false;
  const streams = queries.map((query) => fetchRange(server, query, range));
  for (;;) {
    const parts = await Promise.all(streams.map((stream) => stream.next()));
    const chunks = parts.flatMap((part) => (part.done === true ? [] : [part.value]));
    if (chunks.length < queries.length) break;
    for (const { at, increments } of counters.add(chunks)) {
      seen ||= increments !== undefined;
      for (const [i, signal] of signals.entries()) {
        const measured =
          increments === undefined
            ? {
                query: envoyQuery(signal, target, isGrpc),
                raw: '',
                measurement: { kind: 'none', why: 'Prometheus has no series' } as const,
              }
            : measureEnvoy(signal, target, {
                isGrpc,
                trials: trials[i]!,
                take: (family) => increments.get(family) ?? new Map(),
              });
        readings[i]!.push({ signal: signal.name, at, ...measured });
      }
    }
    told(chunks[0]!.times.length);
  }
  const why = sayNoSeries(queries.at(-1)!, target);
  return signals.map(({ name }, i) => (seen ? { signal: name, readings: readings[i]! } : { signal: name, readings: [], why }));
}

/** Whether the service spoke gRPC then: as the plan says, or where it says nothing, whether its callers counted statuses. */
export async function wasGrpc(
  protocol: Protocol | undefined,
  target: Target,
  range: Range,
  server: RangeServer,
): Promise<boolean> {
  if (protocol !== undefined) return protocol === 'grpc';
  for await (const { series } of fetchRange(server, `group(${statusSelector(target)})`, glance(range)))
    if (series.length > 0) return true;
  return false;
}

/** What is read of the past for a signal. Its trials are the answers, which need no further series, but where the requests without one are counted. */
function readOf(signal: EnvoySignal, isGrpc: boolean): readonly Family[] {
  switch (signal.metric) {
    case 'latency':
      return ['latency'];
    case 'unanswered':
      return ['requests'];
    case 'codes':
      return ['requests', 'classes', ...familiesOf(signal)];
    case 'errors':
      return isGrpc ? ['requests', 'classes', 'statuses'] : ['requests', 'classes'];
  }
}

async function queriesOf(
  signal: EnvoySignal,
  target: Target,
  range: Range,
  server: RangeServer,
  isGrpc: boolean,
): Promise<readonly string[] | string> {
  const classes = counterSelector('upstream_rq_xx', target);
  switch (signal.metric) {
    case 'latency':
      return latencyQueries(signal, target, range, server);
    case 'unanswered':
      return [requestSelector(target)];
    case 'codes':
      return [...familiesOf(signal).map(() => counterSelector('upstream_rq', target)), classes];
    case 'errors':
      return isGrpc ? [statusSelector(target), classes] : [classes];
  }
}

/** Looks at which it is asked what there is at all. */
const GLANCES = 100;

function glance(range: Range): Range {
  return { ...range, step: Math.max(range.step, Math.ceil((range.to - range.from) / GLANCES)) };
}

function sayNoSeries(query: string, { service }: Target): string {
  return `no series match ${query}; does Prometheus scrape the callers of ${service}, and did it then?`;
}

/** The queries for the one bucket that decides and for all requests; a sentence where there is none. */
async function latencyQueries(
  { name, over = 0 }: EnvoySignal,
  target: Target,
  range: Range,
  server: RangeServer,
): Promise<readonly string[] | string> {
  const all = counterSelector('upstream_rq_time_bucket', target);
  const texts = new Set<string>();
  for await (const { series } of fetchRange(server, `group by (le) (${all})`, glance(range)))
    for (const { labels } of series) texts.add(labels.le ?? '');
  const edges = [...texts].filter((text) => text !== '' && Number.isFinite(Number(text)));
  if (edges.length === 0) return sayNoSeries(all, target);
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
