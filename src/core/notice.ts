import type { NoticeKind } from './channel.js';
import { emptyHistory, type History, type LogEntry } from './history.js';
import { type Leg, sameShares, weightOf } from './legs.js';
import type { Plan, ServiceRef } from './plan.js';
import { isByPerson, type Reason } from './rollout.js';
import { versionOf } from './versions.js';
import { type BasisPoints, formatPercent } from './weights.js';

/** One thing to tell people of a rollout. Texts are raw: names and reasons may hold anything, and each channel escapes them. Time in ms. */
export interface Notice extends ServiceRef {
  readonly rollout: string;
  readonly seq: number;
  readonly kind: NoticeKind;
  readonly at: number;
  /** What happened, in one short line. */
  readonly title: string;
  /** Why, with the numbers. */
  readonly sentence: string;
  readonly phase: string;
  readonly reason: string;
  readonly urgency: Urgency;
  /** The step that it stands at, from 0, and how many there are; the number of steps means the bake. */
  readonly step: { readonly index: number; readonly of: number | undefined };
  readonly stable: Side;
  readonly canary: Side;
  readonly weights: readonly Leg[];
  /** ModifyIndex of the record; undefined when it was not seen. */
  readonly index: number | undefined;
  readonly by: string;
  readonly driver: string;
  /** What the signals said, those that speak against it first. */
  readonly evidence: readonly Evidence[];
  /** What to type next. */
  readonly next: string;
}

/**
 * How much a notice needs a person. `danger`: users are being hurt, and splitter cannot help it; `alarm`: users were hurt, and traffic is back on stable; `waits`: nothing goes on without somebody;
 * `over`: what was wrong before is not any more; `news`: nothing to do.
 */
export type Urgency = 'danger' | 'alarm' | 'waits' | 'over' | 'news';

/** A subset in its role: what it runs, and its share as it was asked for before, is asked for now, and was seen in between (basis points). */
export interface Side {
  readonly subset: string;
  readonly version: string | undefined;
  readonly had: BasisPoints | undefined;
  readonly asked: BasisPoints;
  /** What it got under the weights before; undefined when nobody could measure it. */
  readonly observed: BasisPoints | undefined;
}

/** What one signal said. */
export interface Evidence {
  readonly signal: string;
  readonly verdict: string;
  readonly value: string | null;
  readonly bound: string;
  readonly samples: number;
  readonly message: string;
}

/**
 * What the log has to tell past this `seq`, in its order. Each entry is compared with the one before it that the log still has, so that an
 * entry which never came costs no news: the next one tells where the rollout stands.
 */
export function noticesOf(history: History, after: number): readonly Notice[] {
  return history.entries.flatMap((entry, i) => {
    const before = history.entries[i - 1];
    const kind = entry.seq > after ? kindOf(entry, before) : undefined;
    return kind === undefined ? [] : [noticeOf(history, entry, before, kind)];
  });
}

/** That traffic cannot be taken back: what was to be written, after what, and what Consul says. */
export function stuckNotice(plan: Plan, wanted: LogEntry, before: LogEntry, why: string): Notice {
  const plans = { [wanted.plan]: { plan, source: '' } };
  const history = { ...emptyHistory(plan.service, before.plan), plans };
  const { phase, asked, driver } = before;
  const { sentence, ...notice } = noticeOf(history, { ...wanted, phase, asked, driver }, before, 'stuck');
  return { ...notice, sentence: `${sentence}; Consul takes no write: ${why}` };
}

/** The first entry past `after` before which at least one is missing: it may still be on its way to the log. */
export function afterGap(history: History, after: number): LogEntry | undefined {
  return history.entries.find(({ seq }, i) => seq > after && seq > Math.max(after, history.entries[i - 1]?.seq ?? 0) + 1);
}

const HELD: readonly string[] = ['Drift', 'NoData', 'SignalError', 'StepTimeout', 'ProgramFailed', 'DriverLost', 'StableGone'];

function kindOf(entry: LogEntry, before: LogEntry | undefined): NoticeKind | undefined {
  const moved = before !== undefined && !sameShares(entry.asked, before.asked);
  const changed = entry.phase !== before?.phase || entry.reason !== before.reason;
  switch (entry.phase) {
    case 'Promoted':
      return before?.phase === 'Promoted' ? undefined : 'promoted';
    case 'Reverting':
    case 'Reverted':
    case 'Superseded': {
      const kind = entry.reason === 'NewRollout' ? 'superseded' : 'reverted';
      // Cleaning up after a revert is no news, an abort of a rollout that gives way already is none either.
      return before !== undefined && BACK.includes(before.phase) ? undefined : kind;
    }
    case 'Paused':
      if (changed) return HELD.includes(entry.reason) ? 'held' : 'paused';
      return moved ? 'step' : undefined;
    case 'Pending':
    case 'Progressing':
    case 'Baking':
    case 'Promoting':
      if (before === undefined || (entry.phase === 'Pending' && entry.plan !== before.plan)) return 'started';
      if (before.phase === 'Paused') return 'resumed';
      return moved ? 'step' : undefined;
  }
}

const BACK: readonly string[] = ['Reverting', 'Reverted', 'Superseded'];

function noticeOf(history: History, entry: LogEntry, before: LogEntry | undefined, kind: NoticeKind): Notice {
  const { service, rollout, plans } = history;
  const plan = plans[entry.plan]?.plan;
  const { seq, at, message: sentence, phase, reason, asked: weights, by, driver } = entry;
  const told = { rollout, seq, kind, at, sentence, phase, reason, weights, by, driver };
  const side = (subset: string): Side => ({
    subset,
    version: versionIn(plan, subset),
    had: before === undefined ? undefined : weightOf(before.asked, subset),
    asked: weightOf(weights, subset),
    observed: entry.observed === undefined ? undefined : (entry.observed[subset] ?? 0),
  });
  return {
    ...whereIs(service, plan),
    ...told,
    urgency: urgencyOf(kind, reason),
    step: { index: entry.step, of: plan?.steps.length },
    stable: side(entry.stable),
    canary: side(entry.canary),
    index: entry.indexAfter === 0 ? undefined : entry.indexAfter,
    title: titleOf(service, entry, before, kind, plan),
    evidence: evidenceOf(entry),
    next: nextOf(service, entry, kind),
  };
}

function versionIn(plan: Plan | undefined, name: string): string | undefined {
  const subset = plan?.subsets.find((one) => one.name === name);
  return subset?.version ?? (subset === undefined ? undefined : versionOf(subset.filter));
}

/** What a person did needs no other one. */
function urgencyOf(kind: NoticeKind, reason: Reason): Urgency {
  switch (kind) {
    case 'stuck':
      return 'danger';
    case 'held':
      return reason === 'StableGone' ? 'danger' : 'waits';
    case 'paused':
      return reason === 'Operator' ? 'news' : 'waits';
    case 'reverted':
      return isByPerson(reason) ? 'over' : 'alarm';
    case 'started':
    case 'resumed':
    case 'promoted':
    case 'superseded':
      return 'over';
    case 'step':
      return 'news';
  }
}

function whereIs(service: string, plan: Plan | undefined): ServiceRef {
  const { namespace, partition, datacenter } = plan ?? {};
  const given = Object.entries({ namespace, partition, datacenter }).filter(([, value]) => value !== undefined);
  return { service, ...Object.fromEntries(given) };
}

function titleOf(
  service: string,
  entry: LogEntry,
  before: LogEntry | undefined,
  kind: NoticeKind,
  plan: Plan | undefined,
): string {
  const name = (subset: string): string => {
    const version = versionIn(plan, subset);
    return version === undefined ? subset : `${subset} "${version}"`;
  };
  const canary = name(entry.canary);
  const has = formatPercent(weightOf(entry.asked, entry.canary));
  switch (kind) {
    case 'started':
      return before === undefined ? `${service}: rollout of ${canary} started` : `${service}: ${canary} goes on from ${has}`;
    case 'resumed':
    case 'step': {
      const had = formatPercent(weightOf(before?.asked ?? [], entry.canary));
      return had === has ? `${service}: ${canary} goes on at ${has}` : `${service}: ${canary} ${had} -> ${has}`;
    }
    case 'paused':
      return `${service} is paused with ${canary} at ${has} (${entry.reason})`;
    case 'held':
      return `${service} is held with ${canary} at ${has} (${entry.reason})`;
    case 'promoted':
      return `${service}: ${canary} is promoted`;
    case 'reverted':
      return `${service} is reverted to ${name(entry.stable)} (${entry.reason})`;
    case 'stuck':
      return `${service} cannot be taken back to ${name(entry.stable)} (${entry.reason})`;
    case 'superseded':
      return `${service}: the rollout of ${canary} gave way to a new one`;
  }
}

function nextOf(service: string, { reason }: LogEntry, kind: NoticeKind): string {
  switch (kind) {
    case 'started':
    case 'resumed':
    case 'step':
      return `splitter status ${service} -w`;
    case 'paused':
      return reason === 'TargetReached' ? `splitter promote ${service}` : `splitter resume ${service}`;
    case 'held':
    case 'superseded':
      return `splitter status ${service}`;
    case 'promoted':
      return `splitter undo ${service}`;
    case 'reverted':
      return `splitter history ${service}`;
    case 'stuck':
      return `splitter abort ${service}`;
  }
}

/** More signals than this are not told of; the history has them all. */
const TOLD_SIGNALS = 10;

function evidenceOf({ findings }: LogEntry): readonly Evidence[] {
  const binding = findings.filter(({ dryRun }) => dryRun !== true);
  const bad = binding.filter(({ verdict }) => verdict !== 'Successful');
  const ordered = [...bad, ...binding.filter((finding) => !bad.includes(finding))].slice(0, TOLD_SIGNALS);
  return ordered.map(({ name, verdict, value, bound, samples, message }) => ({
    signal: name,
    verdict,
    value,
    bound,
    samples,
    message,
  }));
}
