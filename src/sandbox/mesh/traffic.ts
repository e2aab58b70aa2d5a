import type { State } from '../consul/state.js';
import { type ClusterCounters, countAnswer, startCounters } from './counters.js';
import { type Cluster, type ProxyConfig, pickWay, type RequestLine, readProxyConfig } from './route.js';

/** Consul gathers changes for this long before it hands them to Envoy. */
const BATCH_MS = 200;
const TICK_MS = 20;
const LONGEST_TICK_MS = 250;

/** How the instances of a version answer. */
export interface Behaviour {
  /** The share of answers that are 500, 0..1. */
  readonly errorRate: number;
  /** The median time to an answer, in milliseconds. */
  readonly latencyMs: number;
}

/** An answer as a caller gets it; `latencyMs` absent where the proxy answered by itself. */
export interface MeshAnswer {
  readonly status: number;
  readonly version: string;
  readonly subset: string;
  readonly latencyMs?: number;
  /** What the leg that took the request adds to its answer. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What users felt of one subset; times in milliseconds since the epoch. */
export interface SubsetStats {
  requests: number;
  failures: number;
  firstFailureAt?: number;
  lastFailureAt?: number;
}

/** Per version, then per class of the answer: what its instances' own sidecars counted. */
export type Received = Map<string, Map<number, number>>;

/** The callers' sidecars, with the steady traffic through them. Every request is drawn, answered and counted in memory. */
export class Traffic {
  /** Per caller, then per cluster name. */
  readonly counters = new Map<string, Map<string, ClusterCounters>>();
  /** Per subset; requests that no subset takes are under the empty name. */
  readonly stats = new Map<string, SubsetStats>();
  readonly behaviours = new Map<string, Behaviour>();
  private readonly state: State;
  private readonly service: string;
  private readonly callers: readonly string[];
  private readonly random: () => number;
  private readonly received: Received;
  private config: ProxyConfig;
  private turn = 0;
  private owed = 0;
  private readonly stopping: (() => void)[] = [];

  constructor(state: State, service: string, callers: readonly string[], random: () => number, received: Received) {
    this.state = state;
    this.service = service;
    this.callers = callers;
    this.random = random;
    this.received = received;
    this.config = readProxyConfig(state, service);
    for (const caller of callers) this.counters.set(caller, new Map());
  }

  /** Starts to follow the state, a batch behind it, and to send this many requests a second. */
  start(requestsPerSecond: number): void {
    let pending: NodeJS.Timeout | undefined;
    const unsubscribe = this.state.subscribe(() => {
      pending ??= setTimeout(() => {
        pending = undefined;
        this.config = readProxyConfig(this.state, this.service);
      }, BATCH_MS);
    });
    let last = performance.now();
    const ticker = setInterval(() => {
      const now = performance.now();
      this.owed += (requestsPerSecond * Math.min(now - last, LONGEST_TICK_MS)) / 1000;
      last = now;
      for (; this.owed >= 1; this.owed -= 1) this.send({ path: '/', headers: {} });
    }, TICK_MS);
    this.stopping.push(
      unsubscribe,
      () => clearInterval(ticker),
      () => clearTimeout(pending),
    );
  }

  /** Ends the traffic. */
  stop(): void {
    for (const stop of this.stopping.splice(0)) stop();
  }

  /** Sends one request through the next caller's sidecar. */
  send(request: RequestLine): MeshAnswer {
    this.turn += 1;
    const caller = this.callers[this.turn % this.callers.length] as string;
    const way = pickWay(this.config, request, this.random);
    if (way === undefined) return { status: 503, version: '', subset: '', headers: {} };
    const answer = { ...this.answer(way.cluster), headers: way.added };
    countAnswer(this.countersOf(caller, way.cluster), answer.status, answer.latencyMs);
    if (answer.latencyMs !== undefined) this.receive(answer);
    this.remember(answer);
    return answer;
  }

  private answer({ versions, subset }: Cluster): Omit<MeshAnswer, 'headers'> {
    const version = versions[this.turn % Math.max(1, versions.length)];
    if (version === undefined) return { status: 503, version: '', subset };
    const { errorRate, latencyMs } = this.behaviours.get(version) ?? { errorRate: 0, latencyMs: 12 };
    const spread = Math.exp(0.5 * (this.random() + this.random() + this.random() - 1.5) * 2);
    return {
      status: this.random() < errorRate ? 500 : 200,
      version,
      subset,
      latencyMs: Math.round(latencyMs * spread * 10) / 10,
    };
  }

  private countersOf(caller: string, cluster: Cluster): ClusterCounters {
    const own = this.counters.get(caller) as Map<string, ClusterCounters>;
    const counters = own.get(cluster.name) ?? startCounters(cluster);
    own.set(cluster.name, counters);
    return counters;
  }

  private receive({ version, status }: MeshAnswer): void {
    const classes = this.received.get(version) ?? new Map<number, number>();
    this.received.set(version, classes);
    const digit = Math.floor(status / 100);
    classes.set(digit, (classes.get(digit) ?? 0) + 1);
  }

  private remember({ subset, status }: MeshAnswer): void {
    const stats = this.stats.get(subset) ?? { requests: 0, failures: 0 };
    this.stats.set(subset, stats);
    stats.requests += 1;
    if (status < 500) return;
    stats.failures += 1;
    stats.firstFailureAt ??= Date.now();
    stats.lastFailureAt = Date.now();
  }
}
