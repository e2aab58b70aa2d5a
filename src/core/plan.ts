import type { Channel } from './channel.js';
import type { MetricsAccess } from './metrics-access.js';
import type { Reduction } from './reduce.js';
import type { VendorQuery } from './sources.js';
import type { BasisPoints } from './weights.js';

/** A subset of the service: its name in the resolver and the Consul filter that picks its instances; `version` where the filter came from one. */
export interface Subset {
  readonly name: string;
  readonly filter: string;
  readonly version?: string;
}

/** A further line of the splitter besides stable and canary: a subset of fixed weight (a dark leg has 0). */
export interface ExtraLeg {
  readonly subset: string;
  readonly weight: BasisPoints;
}

/** One step of a rollout, in normal form: `ramp` is already expanded into weights and pauses. Times in milliseconds. */
export type Step =
  | { readonly kind: 'weight'; readonly to: BasisPoints }
  /** Without `for` it waits for a person, at most for `deadline`; then it goes as `on.stepTimeout` says. */
  | { readonly kind: 'pause'; readonly for?: number; readonly deadline?: number }
  /**
   * Passes when `for` has gone by AND `minRequests` were seen on canary AND no signal points to harm; with a minimum of requests already before
   * `for`, once every signal's evidence is clear, unless `early` is false.
   */
  | { readonly kind: 'analyse'; readonly for: number; readonly minRequests: number; readonly early?: boolean }
  /** Passes when canary has this many ready instances; `deadline` counts from entering the step. */
  | { readonly kind: 'wait'; readonly healthy: number; readonly deadline: number }
  /**
   * Passes when the program does; a failing one takes traffic back, or holds. Run again after a crash, so it has to bear being run twice. `deploys`: it
   * brings canary's first instance, so the testers' route is made though it leads to nobody yet.
   */
  | { readonly kind: 'run'; readonly program: Program; readonly onFailure: 'revert' | 'hold'; readonly deploys?: boolean };

/** Something of the user's own to run: a program started without a shell, or an HTTP call. `timeout` in milliseconds. */
export type Program =
  | { readonly kind: 'command'; readonly command: readonly string[]; readonly timeout: number }
  | { readonly kind: 'http'; readonly url: string; readonly method: 'GET' | 'POST' | 'PUT'; readonly timeout: number };

/** Where in a rollout a hook runs: a failing `before_*` holds, a failing `after_*` is reported. */
export type HookName = 'before_start' | 'before_step' | 'after_step' | 'before_promote' | 'after_promote' | 'after_revert';

/** The user's own check before anything is written. */
export interface OwnCheck {
  readonly name: string;
  readonly program: Program;
}

/** Requests that reach canary at any weight, and whether users stay on the leg that they met. At least one of the three is there. */
export interface Route {
  readonly header?: { readonly name: string; readonly value: string };
  readonly cookie?: { readonly name: string; readonly value: string };
  /** How long a user stays on the leg that was met first, in ms. */
  readonly sticky?: { readonly for: number };
}

/** What to do when the named thing happens in mid-rollout. */
export interface Policies {
  /** No request reached canary in a step that needs evidence. */
  readonly noData: 'wait' | 'hold' | 'revert';
  /** Somebody else changed the weights. */
  readonly drift: 'hold' | 'adopt' | 'reassert';
  /** A step took longer than `stepTimeout`. */
  readonly stepTimeout: 'revert' | 'hold';
  /** A source of evidence could not be measured `errorLimit` times in a row. */
  readonly signalError: 'hold' | 'revert';
  /** Another plan of the service is started in mid-rollout. */
  readonly newVersion: 'supersede' | 'queue' | 'reject';
  /** The terminal that drove it is gone, and a controller finds it so; absent: hold. */
  readonly driverLost?: 'continue' | 'revert';
}

interface SignalBase {
  readonly name: string;
  /** Measured, judged, shown and logged, but it neither reverts nor holds anything. */
  readonly dryRun?: boolean;
}

/** How a scalar signal is judged: limits are counts of measurements; see judge/threshold.ts. */
export interface ScalarLimits {
  readonly max?: number;
  readonly min?: number;
  /** Milliseconds between two measurements. */
  readonly interval: number;
  /** More failed measurements than this, in all, fail the signal. */
  readonly failureLimit: number;
  /** This many failed measurements in a row fail the signal, whatever `failureLimit`. */
  readonly consecutive?: number;
  /** More errors in a row than this make the verdict `Error`. */
  readonly errorLimit: number;
  /** More measurements in a row without a number than this, and no sample counts any more. Absent in plans stored before it was known. */
  readonly inconclusiveLimit?: number;
}

/** How samples of canary are compared with stable's: canary may be worse by `margin`, in the unit of the number. */
export interface Comparison {
  readonly margin: number;
  /** Which numbers are the worse ones. */
  readonly worse: 'higher' | 'lower';
}

/** How one number is made of what a query gives. */
export interface Making {
  /** What to make of several series; without it they are an error. */
  readonly reduce?: Reduction;
  /** Instead of `max` and `min`: the query is asked for both subsets, and their numbers are compared. */
  readonly compare?: Comparison;
}

/** Requests counted per subset on the callers' sidecars: bad ones against all that were sent, those under way among them. */
export interface EnvoySignal extends SignalBase {
  readonly source: 'envoy';
  /**
   * `errors`: answers of class 5xx, of a gRPC service calls that end in a status that is the server's fault. `latency`: answers slower than `over`
   * milliseconds. `unanswered`: requests that ended without an answer, because their caller gave up. `codes`: answers with one of `codes`.
   */
  readonly metric: 'errors' | 'latency' | 'unanswered' | 'codes';
  /** HTTP codes and classes of them, like `429` and `4xx`; no code whose class is there too. */
  readonly codes?: readonly string[];
  readonly over?: number;
  /** The share of bad requests that is still good: 0.005 is 0.5 %. Exactly one of `max` and `margin` is there. */
  readonly max?: number;
  /** Compare with stable instead: canary may be worse by this share. */
  readonly margin?: number;
}

/** One number from PromQL, by an own `query` or by a preset (research: caller-side Envoy series). */
export interface PrometheusSignal extends SignalBase, ScalarLimits, Making {
  readonly source: 'prometheus';
  /** Base address; default from PROMETHEUS_URL. */
  readonly url?: string;
  /** Who asks by a password; default from PROMETHEUS_USER. */
  readonly username?: string;
  readonly passwordFile?: string;
  readonly tokenFile?: string;
  /** Further headers: a value, or the file that holds it. */
  readonly headers?: Readonly<Record<string, string | { readonly file: string }>>;
  readonly query?: string;
  readonly preset?:
    | 'error-ratio'
    | 'unanswered-ratio'
    | 'code-ratio'
    | 'p50'
    | 'p95'
    | 'p99'
    | 'request-rate'
    | 'no-healthy-host';
  /** For `code-ratio`: HTTP codes and classes, like `401` and `4xx`. */
  readonly codes?: readonly string[];
  /** Window of a preset, as PromQL writes it. */
  readonly window?: string;
  /** Milliseconds that an answer may take; default 5 s. */
  readonly timeout?: number;
}

/** An HTTP address: a probe, which must answer with an expected status in time, or with `json` one number from its answer. */
export interface HttpSignal extends SignalBase {
  readonly source: 'http';
  readonly url: string;
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly interval: number;
  readonly timeout: number;
  /** Statuses that pass; default any 2xx. */
  readonly expect?: readonly number[];
  readonly failureLimit: number;
  readonly consecutive?: number;
  readonly errorLimit: number;
  /** Path of the number, like `$.data.value`; `max` and `min` belong to it. */
  readonly json?: string;
  readonly max?: number;
  readonly min?: number;
  /** File of a token, sent as `Authorization: Bearer`. */
  readonly tokenFile?: string;
  readonly inconclusiveLimit?: number;
}

/** One number from a vendor's API. */
export type VendorSignal = SignalBase & ScalarLimits & Making & VendorQuery;

/** A program of the user's: its exit says whether it passes; with `max` or `min` it prints one number instead. */
export interface ExecSignal extends SignalBase, ScalarLimits {
  readonly source: 'exec';
  readonly command: readonly string[];
  readonly timeout: number;
}

/** The number of ready canary instances in Consul. */
export interface ConsulSignal extends SignalBase {
  readonly source: 'consul';
  readonly minHealthy: number;
}

/** A source of evidence, as the plan names it. */
export type Signal = EnvoySignal | PrometheusSignal | HttpSignal | ExecSignal | ConsulSignal | VendorSignal;

/** What a cron text names, as sorted numbers; Sunday is 0. `every*` where the field began with `*`: cron then asks both day fields, else either. */
export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: readonly number[];
  readonly months: readonly number[];
  readonly weekdays: readonly number[];
  readonly everyHour: boolean;
  readonly everyDay: boolean;
  readonly everyWeekday: boolean;
}

/** When a rollout starts by itself. A start that could not be made when it was due is made up for during `catchUp` ms. */
export type StartRule =
  | {
      readonly kind: 'cron';
      readonly text: string;
      readonly fields: CronFields;
      readonly timezone: string;
      readonly catchUp: number;
    }
  | { readonly kind: 'at'; readonly at: number; readonly catchUp: number }
  | { readonly kind: 'new-version' };

/** When a rollout may advance: on these weekdays (Sunday is 0), between two times of the day in minutes; past midnight when `to` is not after `from`. */
export interface Window {
  readonly days: readonly number[];
  readonly from: number;
  readonly to: number;
  readonly timezone: string;
}

/** When it may not: from a day or a moment to another, as written (a day like `2026-12-20`, both days included, or RFC 3339). */
export interface FreezeSpan {
  readonly from: string;
  readonly to: string;
  readonly timezone: string;
  readonly reason?: string;
}

/** When a rollout starts by itself, and when it may advance. Neither ever holds a revert. */
export interface Schedule {
  readonly start?: StartRule;
  readonly windows?: readonly Window[];
  readonly freeze?: readonly FreezeSpan[];
}

/** A service in Consul; namespace, partition and datacenter only where there are any (the community edition refuses the first two). */
export interface ServiceRef {
  readonly service: string;
  readonly namespace?: string;
  readonly partition?: string;
  readonly datacenter?: string;
}

/** The protocols that Consul can split. */
export type Protocol = 'http' | 'http2' | 'grpc';

/** Services that ramp in lock step and are taken back together; `services` in the order in which each step is listed, all of them. */
export interface Group {
  readonly name: string;
  readonly services: readonly string[];
}

/** A further Consul that the service is rolled out in when the one before it is promoted. Files, so that no secret stands in a plan. */
export interface Wave {
  readonly name: string;
  readonly address: string;
  readonly datacenter?: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly caPath?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
  readonly tlsServerName?: string;
}

/** A plan in normal form: every default filled in, shorthands expanded, times in milliseconds, weights in basis points. */
export interface Plan extends ServiceRef {
  readonly protocol?: Protocol;
  readonly subsets: readonly Subset[];
  /** The subset that users are on before the first rollout; later the mesh itself says so. */
  readonly stable?: string;
  readonly legs: readonly ExtraLeg[];
  readonly steps: readonly Step[];
  readonly bake: number;
  readonly undoWindow: number;
  readonly deadline?: number;
  readonly stepTimeout: number;
  readonly on: Policies;
  readonly capacity?: { readonly maxRatio: number };
  /** The datacenters whose instances count, among those that share the entries; absent: each of them. */
  readonly datacenters?: readonly string[];
  /** The least share (0..1) of each subset's requests that its callers have to count, and whether an advance waits for it or it is only told. */
  readonly coverage?: { readonly min: number; readonly onLow: 'hold' | 'report' };
  readonly route?: Route;
  readonly hooks?: Readonly<Partial<Record<HookName, Program>>>;
  readonly checks?: readonly OwnCheck[];
  readonly signals: readonly Signal[];
  readonly schedule?: Schedule;
  /** How the metrics of callers and instances are reached, where not by the address that they bind. */
  readonly metrics?: MetricsAccess;
  /** Services whose sidecars call this one, besides those that the catalog names as callers. */
  readonly callers: readonly string[];
  /** Who is told of what happens, where the plan names anybody. */
  readonly notify?: readonly Channel[];
  /** The variables that the plan used, with the values that they had when it was read: for people, since the values stand in their places already. */
  readonly variables?: Readonly<Record<string, string>>;
  /** The group that the service is a member of; each member has a plan of its own, with the same steps. */
  readonly group?: Group;
  /** Where it goes on after the promotion at home, one after the other. */
  readonly waves?: readonly Wave[];
}
