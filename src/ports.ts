import type { Channel } from './core/channel.js';
import type { Coverage } from './core/coverage.js';
import type { EntryKind, EntryWrite, StoredEntry } from './core/entries.js';
import type { CallerName, Following } from './core/following.js';
import type { History, LogEntry } from './core/history.js';
import type { MetricsAccess } from './core/metrics-access.js';
import type { Notice } from './core/notice.js';
import type { Chain, Instances, Sites } from './core/observation.js';
import type { Plan, ServiceRef, Signal, Subset } from './core/plan.js';
import type { ProgramCall, ProgramOutcome } from './core/programs.js';
import type { Freeze } from './core/schedule/freeze.js';
import type { StartMemory } from './core/schedule/start.js';
import type { Finding, Reading } from './core/verdict.js';

/** Whom to measure: the service and the subset names in their roles, and further callers to read. */
export interface Target extends ServiceRef {
  readonly stable: string;
  readonly canary: string;
  readonly callers: readonly string[];
  /** The datacenters whose callers count; absent: all that share the entries. */
  readonly datacenters?: readonly string[];
  /** How the metrics of callers and instances are reached. */
  readonly metrics?: MetricsAccess;
  /** The version of each subset that is picked by one, for queries that name it. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Which rollout it is measured for: what was counted before it, or for another one, never bears on it. */
  readonly rollout?: string;
}

/** Requests that the callers' sidecars sent to each subset since the last reading, and how many sidecars told so. */
export interface Traffic {
  readonly at: number;
  /** Requests by subset name since the reading before; a sidecar's first reading only sets its base line. */
  readonly requests: Readonly<Record<string, number>>;
  readonly callers: { readonly found: number; readonly read: number };
  /** The same of each caller whose requests all pass the splitter, one entry a page that was read. */
  readonly each?: readonly CallerTraffic[];
}

/** Requests that one caller sent to each subset between two readings of its counters, ms. */
export interface CallerTraffic extends CallerName {
  readonly from: number;
  readonly at: number;
  /** By subset name; '' is the service's own cluster, as before there was a split. */
  readonly requests: Readonly<Record<string, number>>;
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
  /** How much of each role's requests its callers counted lately, by subset name, as of the last call of `traffic` or `read`. */
  coverage(target: Target): Readonly<Record<string, Coverage>>;
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
  /** By subset name; `resolver` is the service's, which says of a subset whether instances in warning get requests. */
  countInstances(
    service: string,
    subsets: readonly Subset[],
    resolver: StoredEntry | undefined,
    abort?: AbortSignal,
  ): Promise<Readonly<Record<string, Instances>>>;
  /** The same and the compiled chain in every further datacenter that shares the entries. One that cannot be read says so in it. A mesh without it has one datacenter. */
  readElsewhere?(
    service: string,
    subsets: readonly Subset[],
    resolver: StoredEntry | undefined,
    abort?: AbortSignal,
  ): Promise<Sites>;
  /** Returns when sidecars or their checks change, or after `wait` (default about 30 s), with the index to go on from. */
  watchInstances(service: string, index: number, abort: AbortSignal, wait?: string): Promise<number>;
  /** `lost`: somebody was faster; read again and decide again. With a timeout (ms) it is given up then, whether it was applied or not. */
  write(write: EntryWrite, timeout?: number): Promise<'written' | 'lost'>;
}

/** Who is in which subset, for what asks once before a rollout begins. */
export interface Picks {
  /** By subset name, the sidecars that match its filter, as `node/id`. */
  readPicks(
    service: string,
    subsets: readonly Subset[],
    abort?: AbortSignal,
  ): Promise<Readonly<Record<string, readonly string[]>>>;
}

/** One check that is critical: its service ('' for a check of a whole node), and a name that is unique in the datacenter. */
export interface CriticalCheck {
  readonly service: string;
  readonly check: string;
}

/** What tells a controller of all services at once: lists that block until something in them changes. */
export interface MeshLists {
  listEntries(
    kind: EntryKind,
    options?: ReadOptions,
  ): Promise<{ readonly entries: readonly StoredEntry[]; readonly index: number }>;
  listCritical(options?: ReadOptions): Promise<{ readonly critical: readonly CriticalCheck[]; readonly index: number }>;
}

/** What is remembered of a service's scheduled starts. */
export interface StartMemories {
  readMemory(service: string): Promise<{ readonly memory: StartMemory | undefined; readonly index: number }>;
  /** False when somebody else wrote since `index` was read. */
  writeMemory(service: string, memory: StartMemory, index: number): Promise<boolean>;
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

/** A plan with where it came from, for records and for people. */
export interface SourcedPlan {
  readonly plan: Plan;
  readonly digest: string;
  readonly source: string;
}

/** The plans that were applied, one a service: what controllers follow. */
export interface PlanStore {
  readPlan(service: string): Promise<SourcedPlan | undefined>;
  /** False when exactly this plan was kept already. */
  savePlan(applied: SourcedPlan): Promise<boolean>;
  /** Forgets the plan if `mine` says so of what is kept now. False when it was kept, or there was none. */
  forgetPlan(service: string, mine: (kept: SourcedPlan) => boolean): Promise<boolean>;
}

/** The decision logs of a service's rollouts, for those who only read them. */
export interface Histories {
  readHistory(service: string, rollout: string): Promise<History>;
  /** The rollouts that have a log, oldest first. */
  listRollouts(service: string): Promise<readonly string[]>;
}

/** What became of one notice. `later`: it may yet arrive, at the soonest after `after` ms; `never`: the receiver refuses it. `why` holds no secret. */
export type Sent =
  | { readonly kind: 'sent' }
  | { readonly kind: 'later'; readonly why: string; readonly after?: number }
  | { readonly kind: 'never'; readonly why: string };

/** Tells one channel of one thing, trying for about a minute. Never throws. */
export interface Notifier {
  send(notice: Notice, channel: Channel, abort: AbortSignal): Promise<Sent>;
}

/** The last notice that a channel was told of. */
export interface NoticePlace {
  readonly rollout: string;
  readonly seq: number;
}

/** How far each channel of a service was told, by a key of the channel. Shared by all who tell. */
export interface NoticePlaces {
  read(service: string): Promise<{ readonly places: Readonly<Record<string, NoticePlace>>; readonly index: number }>;
  /** False when somebody else wrote since `index` was read. */
  write(service: string, places: Readonly<Record<string, NoticePlace>>, index: number): Promise<boolean>;
}

/** What a driver tells the others with every beat. */
export interface LiveState {
  readonly why: string;
  readonly wakeAt: number;
  readonly observed?: Readonly<Record<string, number>>;
  readonly coverage?: Readonly<Record<string, Coverage>>;
  /** Callers that do not follow the weights, and some of those that do. */
  readonly following?: readonly Following[];
  readonly findings: readonly Finding[];
}

/** A held driver's lock. */
export interface HeldLock {
  /** Refreshes it. False when it was lost to somebody else. */
  beat(live: LiveState | undefined): Promise<boolean>;
  release(): Promise<void>;
}
