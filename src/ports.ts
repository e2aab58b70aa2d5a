import type { Signal } from './core/plan.js';
import type { ServiceRef } from './core/plan.js';
import type { Reading } from './core/verdict.js';

/** Whom to measure: the service and the subset names in their roles, and further callers to read. */
export interface Target extends ServiceRef {
  readonly stable: string;
  readonly canary: string;
  readonly callers: readonly string[];
}

/** Requests that the callers' sidecars sent to each subset since the last reading, and how many sidecars told so. */
export interface Traffic {
  readonly at: number;
  /** Requests by subset name since the reading before; a sidecar's first reading only sets its base line. */
  readonly requests: Readonly<Record<string, number>>;
  readonly callers: { readonly found: number; readonly read: number };
}

/** A source of evidence for one target. Holds base lines between calls; never throws: what fails is an `error` measurement. */
export interface SignalSource {
  /** Reads the given signals (all of this source's kind) that are due; those not due yet are absent from the answer. */
  read(signals: readonly Signal[], target: Target, abort: AbortSignal): Promise<readonly Reading[]>;
}

/** The data plane as the callers' sidecars count it. */
export interface TrafficSource {
  /** What went where since the last call; undefined when no sidecar can be read. Shares its scrape with the `envoy` signals. */
  traffic(target: Target, abort: AbortSignal): Promise<Traffic | undefined>;
}

/** Time, so that hosts of the core can be tested without waiting. */
export interface Clock {
  now(): number;
  /** Resolves after `ms`, or at once when `abort` fires; never rejects. */
  sleep(ms: number, abort: AbortSignal): Promise<void>;
}
