import type { EnvoySignal } from '../core/plan.js';
import type { Counts } from '../core/verdict.js';
import type { Target } from '../ports.js';
import type { Family } from './envoy-metrics.js';
import { countStatuses, explainSilence, sayStatus } from './grpc-status.js';
import type { Increments } from './increments.js';
import type { Measured } from './measured.js';

type Counters = ReadonlyMap<string, number>;

const NONE: Counters = new Map();

/** What one signal has not seen yet of a service's counters, and whether the service speaks gRPC. */
export interface Unseen {
  readonly isGrpc: boolean;
  take(family: Family): Increments;
}

/** Requests of both roles since the last time, and those among them that are bad by this signal. */
export function measureEnvoy(signal: EnvoySignal, target: Target, unseen: Unseen): Measured {
  if (signal.metric === 'latency') return measureLatency(signal, target, unseen.take('latency'));
  const query = envoyQuery(signal, target, unseen.isGrpc);
  const classes = unseen.take('classes');
  return unseen.isGrpc
    ? measureStatuses(query, target, classes, unseen.take('statuses'))
    : measureClasses(query, target, classes);
}

/** The Envoy series that a signal reads, as a person would look them up. */
export function envoyQuery(signal: EnvoySignal, { service }: Target, isGrpc: boolean, edge?: number): string {
  const label = `consul_destination_service="${service}"`;
  if (signal.metric === 'latency')
    return `envoy_cluster_upstream_rq_time_bucket{${label}${edge === undefined ? '' : `,le="${edge}"`}}`;
  return isGrpc ? `{__name__=~"envoy_cluster_grpc_(.*_)?[0-9]+",${label}}` : `envoy_cluster_upstream_rq_xx{${label}}`;
}

function measureClasses(query: string, target: Target, increments: Increments): Measured {
  const count = (subset: string): Counts => {
    const classes = increments.get(subset) ?? NONE;
    return { bad: classes.get('5') ?? 0, total: [...classes.values()].reduce((sum, requests) => sum + requests, 0) };
  };
  const say = (subset: string): string => `${subset} ${sayCounters(increments.get(subset) ?? NONE, (digit) => `${digit}xx`)}`;
  return {
    query,
    raw: `${say(target.canary)}; ${say(target.stable)}`,
    measurement: { kind: 'counts', canary: count(target.canary), stable: count(target.stable) },
  };
}

/** Statuses of gRPC, and beside them the answers of class 5xx that had none. */
function measureStatuses(query: string, target: Target, classes: Increments, statuses: Increments): Measured {
  const count = (subset: string): Counts => countStatuses(statuses.get(subset) ?? NONE, classes.get(subset)?.get('5') ?? 0);
  const say = (subset: string): string =>
    `${subset} ${sayCounters(statuses.get(subset) ?? NONE, sayStatus)} by status, ${sayCounters(classes.get(subset) ?? NONE, (digit) => `${digit}xx`)}`;
  const raw = `${say(target.canary)}; ${say(target.stable)}`;
  const canary = count(target.canary);
  if (canary.total === 0 && classes.has(target.canary) && !statuses.has(target.canary))
    return { query, raw, measurement: { kind: 'none', why: explainSilence(target.service, target.canary) } };
  return { query, raw, measurement: { kind: 'counts', canary, stable: count(target.stable) } };
}

function sayCounters(counters: Counters, name: (key: string) => string): string {
  const counted = [...counters].filter(([, requests]) => requests > 0).sort(([a], [b]) => Number(a) - Number(b));
  return counted.length === 0 ? 'none' : counted.map(([key, requests]) => `${name(key)} ${requests}`).join(', ');
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
