import type { EnvoySignal } from '../core/plan.js';
import type { Counts } from '../core/verdict.js';
import type { Target } from '../ports.js';
import type { Increments } from './increments.js';
import type { Measured } from './measured.js';

type Counters = ReadonlyMap<string, number>;

/** Requests of both roles since the last time, and those among them that are bad by this signal. */
export function measureEnvoy(signal: EnvoySignal, target: Target, increments: Increments): Measured {
  return signal.metric === 'errors' ? measureErrors(target, increments) : measureLatency(signal, target, increments);
}

/** The Envoy series that a signal reads, as a person would look them up. */
export function envoyQuery(signal: EnvoySignal, { service }: Target, edge?: number): string {
  const family = signal.metric === 'errors' ? 'xx' : 'time_bucket';
  return `envoy_cluster_upstream_rq_${family}{consul_destination_service="${service}"${edge === undefined ? '' : `,le="${edge}"`}}`;
}

function measureErrors(target: Target, increments: Increments): Measured {
  const count = (subset: string): Counts => {
    const classes: Counters = increments.get(subset) ?? new Map();
    return { bad: classes.get('5') ?? 0, total: [...classes.values()].reduce((sum, requests) => sum + requests, 0) };
  };
  const raw = (subset: string): string => {
    const classes = [...(increments.get(subset) ?? [])]
      .filter(([, requests]) => requests > 0)
      .sort(([a], [b]) => a.localeCompare(b));
    return `${subset} ${classes.length === 0 ? 'none' : classes.map(([digit, requests]) => `${digit}xx ${requests}`).join(', ')}`;
  };
  return {
    query: envoyQuery({ name: '', source: 'envoy', metric: 'errors' }, target),
    raw: `${raw(target.canary)}; ${raw(target.stable)}`,
    measurement: { kind: 'counts', canary: count(target.canary), stable: count(target.stable) },
  };
}

function measureLatency(signal: EnvoySignal, target: Target, increments: Increments): Measured {
  const { over } = signal;
  if (over === undefined)
    return failed(envoyQuery(signal, target), `${signal.name} has no "over"; write for example over: 500ms`);
  const edges = [...increments.values()].flatMap((counters) => [...counters.keys()].map(Number).filter(Number.isFinite));
  const fitting = edges.filter((edge) => edge <= over);
  if (edges.length > 0 && fitting.length === 0) {
    return failed(
      envoyQuery(signal, target),
      `Envoy counts no limit as short as ${over} ms; the shortest is ${Math.min(...edges)} ms`,
    );
  }
  const edge = fitting.length === 0 ? undefined : Math.max(...fitting);
  const count = (subset: string): Counts => {
    const counters: Counters = increments.get(subset) ?? new Map();
    const total = counters.get('count') ?? 0;
    // A reader can meet a histogram in mid-update; more fast requests than requests are none too slow.
    return { bad: Math.max(0, total - (edge === undefined ? total : (counters.get(String(edge)) ?? 0))), total };
  };
  const canary = count(target.canary);
  const stable = count(target.stable);
  return {
    query: envoyQuery(signal, target, edge),
    raw: `${target.canary} ${canary.bad} of ${canary.total} slower; ${target.stable} ${stable.bad} of ${stable.total} slower`,
    measurement: { kind: 'counts', canary, stable },
  };
}

function failed(query: string, why: string): Measured {
  return { query, raw: '', measurement: { kind: 'error', why } };
}
