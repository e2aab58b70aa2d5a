import type { EntryWrite, StoredEntry } from './core/entries.js';
import type { LogEntry } from './core/history.js';
import type { Chain, Instances } from './core/observation.js';
import type { Plan, ServiceRef, Signal, Subset } from './core/plan.js';
import type { ProgramCall, ProgramOutcome } from './core/programs.js';
import type { Freeze } from './core/schedule/freeze.js';
import type { Finding, Reading } from './core/verdict.js';

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
}

/** The entries of one service that bear on a rollout; a missing one is absent. */
export interface Entries {
  readonly splitter?: StoredEntry;
  readonly resolver?: StoredEntry;
  readonly defaults?: StoredEntry;
  readonly proxyDefaults?: StoredEntry;
  readonly router?: StoredEntry;
}

/** Options of a read; with an index it blocks until the thing changes (or about 30 s). */
export interface ReadOptions {
  readonly index?: number;
  readonly wait?: string;
  readonly abort?: AbortSignal | undefined;
}

/** The mesh as a driver needs it: entries, the compiled chain, instances, and one compare-and-set write. */
export interface Mesh {
  readEntries(service: string, abort?: AbortSignal): Promise<Entries>;
  readEntry(
    kind: string,
    name: string,
    options?: ReadOptions,
  ): Promise<{ readonly entry: StoredEntry | undefined; readonly index: number }>;
  readChain(service: string, abort?: AbortSignal): Promise<Chain>;
  countInstances(service: string, subsets: readonly Subset[], abort?: AbortSignal): Promise<Readonly<Record<string, Instances>>>;
  /** Returns when sidecars or their checks change, or after about 30 s, with the index to go on from. */
  watchInstances(service: string, index: number, abort: AbortSignal): Promise<number>;
  /** `lost`: somebody was faster; read again and decide again. */
  write(write: EntryWrite, abort?: AbortSignal): Promise<'written' | 'lost'>;
}

/** The switch that stops all advances. */
export interface FreezeSwitch {
  /** What it says, one that was turned off too; undefined where it was never used. With an index it blocks until that changes (or about 30 s). */
  readFreeze(options?: ReadOptions): Promise<{ readonly freeze: Freeze | undefined; readonly index: number }>;
}

/** Runs what the user's plan names: hooks, `run` steps and checks. Never throws: what fails is an outcome. Ends it by itself when its time is over. */
export interface Programs {
  run(call: ProgramCall, abort: AbortSignal): Promise<ProgramOutcome>;
}

/** The decision log. */
export interface DecisionLog {
  recordPlan(service: string, rollout: string, digest: string, plan: Plan, source: string): Promise<void>;
  log(service: string, rollout: string, entries: readonly LogEntry[]): Promise<void>;
}

/** What a driver tells the others with every beat. */
export interface LiveState {
  readonly why: string;
  readonly wakeAt: number;
  readonly observed?: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** A held driver's lock. */
export interface HeldLock {
  /** Refreshes it. False when it was lost to somebody else. */
  beat(live: LiveState | undefined): Promise<boolean>;
  release(): Promise<void>;
}
