import type { Reduction } from './reduce.js';
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
  /** Without `for` it waits for a person. */
  | { readonly kind: 'pause'; readonly for?: number }
  /** Passes when `for` has gone by AND `minRequests` were seen on canary AND no signal points to harm. */
  | { readonly kind: 'analyse'; readonly for: number; readonly minRequests: number }
  /** Passes when canary has this many passing instances; `deadline` counts from entering the step. */
  | { readonly kind: 'wait'; readonly healthy: number; readonly deadline: number };

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

/** Requests counted per subset on the callers' sidecars: bad ones against all. */
export interface EnvoySignal extends SignalBase {
  readonly source: 'envoy';
  /** `errors`: answers of class 5xx. `latency`: answers slower than `over` milliseconds. */
  readonly metric: 'errors' | 'latency';
  readonly over?: number;
  /** The share of bad requests that is still good: 0.005 is 0.5 %. Exactly one of `max` and `margin` is there. */
  readonly max?: number;
  /** Compare with stable instead: canary may be worse by this share. */
  readonly margin?: number;
}

/** One number from PromQL, by an own `query` or by a preset (research: caller-side Envoy series). */
export interface PrometheusSignal extends SignalBase, ScalarLimits {
  readonly source: 'prometheus';
  /** Base address; default from PROMETHEUS_URL. */
  readonly url?: string;
  readonly query?: string;
  readonly preset?: 'error-ratio' | 'p50' | 'p95' | 'p99' | 'request-rate' | 'no-healthy-host';
  /** Window of a preset, as PromQL writes it. */
  readonly window?: string;
  /** What to make of several series; without it they are an error. */
  readonly reduce?: Reduction;
  /** Instead of `max` and `min`: the query is asked for both subsets, and their numbers are compared. */
  readonly compare?: Comparison;
}

/** A probe: an HTTP address that must answer with an expected status in time. */
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
  readonly inconclusiveLimit?: number;
}

/** The number of passing canary instances in Consul. */
export interface ConsulSignal extends SignalBase {
  readonly source: 'consul';
  readonly minHealthy: number;
}

/** A source of evidence, as the plan names it. */
export type Signal = EnvoySignal | PrometheusSignal | HttpSignal | ConsulSignal;

/** A service in Consul; namespace, partition and datacenter only where there are any (the community edition refuses the first two). */
export interface ServiceRef {
  readonly service: string;
  readonly namespace?: string;
  readonly partition?: string;
  readonly datacenter?: string;
}

/** The protocols that Consul can split. */
export type Protocol = 'http' | 'http2' | 'grpc';

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
  readonly signals: readonly Signal[];
  /** Services whose sidecars call this one, besides those that the catalog names as callers. */
  readonly callers: readonly string[];
}
