import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { RolloutSnapshot } from '../controller/snapshot.js';
import { CHANNEL_KINDS, type Channel } from '../core/channel.js';
import type { Reason } from '../core/rollout.js';
import type { ConsulKind } from './consul-kind.js';
import { renderRollouts } from './rollout-series.js';

/** How a rollout ended. */
export type RolloutOutcome = 'promoted' | 'reverted' | 'superseded';

/** One request to Consul as it went. `outcome`: `ok`, `lost` (a compare-and-set that somebody else won), or the class of the error. */
export interface ConsulRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  readonly kind: ConsulKind;
  readonly outcome: string;
  readonly seconds: number;
}

/** What metrics need besides the rollouts; `now` in ms since the epoch. */
export interface MetricsOptions {
  readonly version: string;
  readonly now?: () => number;
}

const MINUTE = 60;
const HOUR = 3_600;
const DAY = 86_400;
const DURATIONS = [1, 5, 15, 30]
  .map((n) => n * MINUTE)
  .concat(
    [1, 2, 4, 8].map((n) => n * HOUR),
    [1, 2, 4, 7].map((n) => n * DAY),
  );
const LAGS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const REQUESTS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one controller. What rollouts are is asked for at each scrape; what happened is counted when it is told. */
export class Metrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #registry = new Registry();
  readonly #snapshot: () => readonly RolloutSnapshot[];
  readonly #now: () => number;
  #troubleSince: number | undefined;

  readonly #reverts = this.#counter('splitter_reverts_total', 'Rollouts whose traffic this controller took back to stable', [
    'service',
    'reason',
  ]);
  readonly #casConflicts = this.#counter(
    'splitter_cas_conflicts_total',
    'Writes that lost to somebody else and were decided again',
    ['service'],
  );
  readonly #notificationFailures = this.#counter(
    'splitter_notification_failures_total',
    'Notifications that could not be delivered',
    ['channel'],
  );
  readonly #durations = this.#histogram(
    'splitter_rollout_duration_seconds',
    'From the start of a rollout to its end',
    DURATIONS,
    ['outcome'],
  );
  readonly #lags = this.#histogram(
    'splitter_decision_lag_seconds',
    'From when a decision was due to when it was taken',
    LAGS,
    [],
  );
  readonly #requests = this.#histogram(
    'splitter_consul_request_seconds',
    'Requests to Consul; kind watch is a blocking query, which waits by design',
    REQUESTS,
    ['method', 'kind', 'outcome'],
  );
  readonly #members = this.#gauge('splitter_controller_members', 'Controllers alive, as this one sees them');
  readonly #owned = this.#gauge('splitter_controller_owned_rollouts', 'Rollouts that this controller owns');
  readonly #invalidPlans = this.#gauge(
    'splitter_plans_invalid',
    'Plans that are refused; the last good one of each stays in force',
  );
  readonly #consulUp = this.#gauge('splitter_consul_up', '1 when the last request to Consul was answered');
  readonly #trouble = this.#gauge('splitter_consul_trouble_seconds', 'For how long Consul has not been of use; 0 when it is');
  readonly #frozen = this.#gauge('splitter_frozen', '1 while `splitter freeze on` holds all advances');

  constructor(snapshot: () => readonly RolloutSnapshot[], { version, now = Date.now }: MetricsOptions) {
    this.#snapshot = snapshot;
    this.#now = now;
    this.#troubleSince = now();
    const build = { name: 'splitter_build_info', help: 'The version that runs', registers: [this.#registry] };
    new Gauge({ ...build, labelNames: ['version', 'node'] }).set({ version, node: process.version }, 1);
    // A counter that is first seen at 1 has, for Prometheus, not increased.
    for (const channel of CHANNEL_KINDS) this.#notificationFailures.inc({ channel }, 0);
    collectDefaultMetrics({ register: this.#registry });
  }

  /** All metrics in Prometheus's text format, as they are now. */
  async text(): Promise<string> {
    const snapshots = this.#snapshot();
    this.#owned.set(snapshots.filter(({ role }) => role === 'owner').length);
    this.#consulUp.set(this.#troubleSince === undefined ? 1 : 0);
    this.#trouble.set(this.#troubleSince === undefined ? 0 : Math.max(0, this.#now() - this.#troubleSince) / 1_000);
    return `${await this.#registry.metrics()}\n${await renderRollouts(snapshots)}`;
  }

  /** A decision was taken so many ms after it was due. */
  decided(lagMs: number): void {
    this.#lags.observe(Math.max(0, lagMs) / 1_000);
  }

  /** This controller took a service back to stable. */
  reverted(service: string, reason: Reason): void {
    this.#reverts.inc({ service, reason });
  }

  /** A rollout ended so many seconds after it began. */
  ended(outcome: RolloutOutcome, seconds: number): void {
    this.#durations.observe({ outcome }, Math.max(0, seconds));
  }

  /** A request to Consul has ended. */
  consulRequest({ seconds, method, kind, outcome }: ConsulRequest): void {
    this.#requests.observe({ method, kind, outcome }, seconds);
  }

  /** A write of this service lost to somebody else's. */
  casConflict(service: string): void {
    this.#casConflicts.inc({ service });
  }

  /** A notification was given up, or has to be tried again. */
  notificationFailed(channel: Channel['kind']): void {
    this.#notificationFailures.inc({ channel });
  }

  /** How many controllers are alive. */
  members(count: number): void {
    this.#members.set(count);
  }

  /** How many plans are refused just now. */
  plansInvalid(count: number): void {
    this.#invalidPlans.set(count);
  }

  /** Whether everything is frozen. */
  frozen(on: boolean): void {
    this.#frozen.set(on ? 1 : 0);
  }

  /** Since when Consul has been of no use, ms since the epoch; undefined when it is. A controller begins with trouble, until its first answer. */
  consulTrouble(since: number | undefined): void {
    this.#troubleSince = since;
  }

  #counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.#registry] });
  }

  #histogram<L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[]): Histogram<L> {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }
}

/** The metrics of one controller, about the rollouts that `snapshot` gives. */
export function createMetrics(snapshot: () => readonly RolloutSnapshot[], options: MetricsOptions): Metrics {
  return new Metrics(snapshot, options);
}
