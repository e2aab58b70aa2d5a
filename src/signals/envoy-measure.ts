import type { EnvoySignal } from '../core/plan.js';
import type { Counts } from '../core/verdict.js';
import type { Target } from '../ports.js';
import { type Answers, countAnswers, sayAnswers, sayCounters, takeAnswers } from './answers.js';
import { type Family, REQUEST_KEYS } from './envoy-metrics.js';
import { explainSilence } from './grpc-status.js';
import type { Increments } from './increments.js';
import type { Measured } from './measured.js';
import type { Trials } from './trials.js';

type Counters = ReadonlyMap<string, number>;

const NONE: Counters = new Map();
const NO_COUNTS: Counts = { bad: 0, total: 0 };

/** What one signal has not seen yet of a service's counters, its trials, and whether the service speaks gRPC. */
export interface Unseen {
  readonly isGrpc: boolean;
  readonly trials: Trials;
  take(family: Family): Increments;
  /** What others counted beyond the answers that callers counted; less than nothing where that was told before. */
  beyond?(subset: string, answered: Counts): Counts;
}

/** What has to be read for a signal, besides classes, statuses and requests. */
export function familiesOf({ metric, codes = [] }: EnvoySignal): readonly Family[] {
  if (metric === 'latency') return ['latency'];
  return codes.some((code) => !isClass(code)) ? ['codes'] : [];
}

/** Requests of both roles since the last time, and those among them that are bad by this signal. */
export function measureEnvoy(signal: EnvoySignal, target: Target, unseen: Unseen): Measured {
  if (signal.metric === 'latency') return measureLatency(signal, target, unseen.take('latency'));
  const read: Read = {
    query: envoyQuery(signal, target, unseen.isGrpc),
    target,
    trials: unseen.trials,
    requests: unseen.take('requests'),
  };
  switch (signal.metric) {
    case 'unanswered':
      return measureUnanswered(read);
    case 'codes':
      return measureCodes(read, signal.codes ?? [], unseen);
    case 'errors':
      return measureErrors(read, takeAnswers(unseen.isGrpc, unseen.take), unseen.beyond);
  }
}

/** The Envoy series that a signal reads, as a person would look them up. */
export function envoyQuery(signal: EnvoySignal, { service }: Target, isGrpc: boolean, edge?: number): string {
  const label = service.includes('.')
    ? `consul_destination_target=~".+[.]${service.replaceAll('.', '[.]')}[.].+"`
    : `consul_destination_service="${service}"`;
  switch (signal.metric) {
    case 'latency':
      return `envoy_cluster_upstream_rq_time_bucket{${label}${edge === undefined ? '' : `,le="${edge}"`}}`;
    case 'unanswered':
      return `{__name__=~"envoy_cluster_upstream_rq_(${REQUEST_KEYS.join('|')})",${label}}`;
    case 'codes':
      return `envoy_cluster_upstream_rq{${label},envoy_response_code=~"${(signal.codes ?? []).map((code) => code.replace('xx', '..')).join('|')}"}`;
    case 'errors':
      return isGrpc ? `{__name__=~"envoy_cluster_grpc_(.*_)?[0-9]+",${label}}` : `envoy_cluster_upstream_rq_xx{${label}}`;
  }
}

interface Read {
  readonly query: string;
  readonly target: Target;
  readonly trials: Trials;
  readonly requests: Increments;
}

/** Counts of both roles: the bad ones against what was sent. */
function countBad(
  { query, target, trials, requests }: Read,
  say: (subset: string) => string,
  badOf: (subset: string) => number,
  moreOf: (subset: string) => Counts = () => NO_COUNTS,
): Measured {
  const count = (subset: string): Counts => {
    const more = moreOf(subset);
    return trials.count(subset, badOf(subset) + more.bad, (requests.get(subset)?.get('sent') ?? 0) + more.total);
  };
  const raw = `${say(target.canary)}; ${say(target.stable)}`;
  return { query, raw, measurement: { kind: 'counts', canary: count(target.canary), stable: count(target.stable) } };
}

/** Answers that are the server's fault, those that others counted among them. */
function measureErrors(read: Read, answers: Answers, beyond?: Unseen['beyond']): Measured {
  const { service, canary, stable } = read.target;
  const extra = new Map(
    [canary, stable].map((subset) => [subset, beyond?.(subset, countAnswers(answers, subset)) ?? NO_COUNTS] as const),
  );
  const measured = countBad(
    read,
    (subset) => sayAnswers(answers, subset),
    (subset) => countAnswers(answers, subset).bad,
    (subset) => extra.get(subset) ?? NO_COUNTS,
  );
  const { classes, statuses } = answers;
  const silent = statuses !== undefined && classes.has(canary) && !statuses.has(canary) && !classes.get(canary)?.get('5');
  const alone = [...extra.values()].every(({ total }) => total <= 0);
  return silent && alone ? { ...measured, measurement: { kind: 'none', why: explainSilence(service, canary) } } : measured;
}

function measureUnanswered(read: Read): Measured {
  const of = (subset: string, key: string): number => read.requests.get(subset)?.get(key) ?? 0;
  return countBad(
    read,
    (subset) => `${subset} ${of(subset, 'unanswered')} of ${of(subset, 'sent')} unanswered`,
    (subset) => of(subset, 'unanswered'),
  );
}

/** A class is read from the counters of classes, so that codes are read only where a single one is asked for. */
function measureCodes(read: Read, codes: readonly string[], unseen: Unseen): Measured {
  const classes = unseen.take('classes');
  const single = codes.some((code) => !isClass(code)) ? unseen.take('codes') : undefined;
  const counted = (subset: string): Counters =>
    new Map(
      codes.map((code) => [
        code,
        isClass(code) ? (classes.get(subset)?.get(code[0]!) ?? 0) : (single?.get(subset)?.get(code) ?? 0),
      ]),
    );
  return countBad(
    read,
    (subset) => `${subset} ${sayCounters(counted(subset), (code) => code)}`,
    (subset) => [...counted(subset).values()].reduce((sum, answers) => sum + answers, 0),
  );
}

function isClass(code: string): boolean {
  return code.endsWith('xx');
}

function measureLatency(signal: EnvoySignal, target: Target, increments: Increments): Measured {
  const { over } = signal;
  if (over === undefined)
    return failed(envoyQuery(signal, target, false), `${signal.name} has no "over"; write for example over: 500ms`);
  const edges = [...increments.values()].flatMap((counters) => [...counters.keys()].map(Number).filter(Number.isFinite));
  const fitting = edges.filter((edge) => edge <= over);
  if (edges.length > 0 && fitting.length === 0) {
    return failed(
      envoyQuery(signal, target, false),
      `Envoy counts no limit as short as ${over} ms; the shortest is ${Math.min(...edges)} ms`,
    );
  }
  const edge = fitting.length === 0 ? undefined : Math.max(...fitting);
  const count = (subset: string): Counts => {
    const counters = increments.get(subset) ?? NONE;
    const total = counters.get('count') ?? 0;
    // A reader can meet a histogram in mid-update; more fast requests than requests are none too slow.
    return { bad: Math.max(0, total - (edge === undefined ? total : (counters.get(String(edge)) ?? 0))), total };
  };
  const canary = count(target.canary);
  const stable = count(target.stable);
  return {
    query: envoyQuery(signal, target, false, edge),
    raw: `${target.canary} ${canary.bad} of ${canary.total} slower; ${target.stable} ${stable.bad} of ${stable.total} slower`,
    measurement: { kind: 'counts', canary, stable },
  };
}

function failed(query: string, why: string): Measured {
  return { query, raw: '', measurement: { kind: 'error', why } };
}
