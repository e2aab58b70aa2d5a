import type { NoticeKind } from './channel.js';
import type { History, LogEntry } from './history.js';
import { type Leg, sameShares, weightOf } from './legs.js';
import type { Plan, ServiceRef } from './plan.js';
import { formatPercent } from './weights.js';

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
  readonly stable: string;
  readonly canary: string;
  readonly weights: readonly Leg[];
  readonly by: string;
  readonly driver: string;
  /** What the signals said, those that speak against it first. */
  readonly evidence: readonly Evidence[];
  /** What to type next. */
  readonly next: string;
}

/** What one signal said. */
interface Evidence {
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

/** The first entry past `after` before which at least one is missing: it may still be on its way to the log. */
export function afterGap(history: History, after: number): LogEntry | undefined {
  return history.entries.find(({ seq }, i) => seq > after && seq > Math.max(after, history.entries[i - 1]?.seq ?? 0) + 1);
}

const HELD: readonly string[] = ['Drift', 'NoData', 'SignalError', 'StepTimeout', 'ProgramFailed'];

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
      return moved || before.phase === 'Paused' ? 'step' : undefined;
  }
}

const BACK: readonly string[] = ['Reverting', 'Reverted', 'Superseded'];

function noticeOf(history: History, entry: LogEntry, before: LogEntry | undefined, kind: NoticeKind): Notice {
  const { service, rollout, plans } = history;
  const plan = plans[entry.plan]?.plan;
  const { seq, at, message: sentence, phase, reason, stable, canary, asked: weights, by, driver } = entry;
  const told = { rollout, seq, kind, at, sentence, phase, reason, stable, canary, weights, by, driver };
  return {
    ...whereIs(service, plan),
    ...told,
    title: titleOf(service, entry, before, kind, plan),
    evidence: evidenceOf(entry),
    next: nextOf(service, entry, kind),
  };
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
    const version = plan?.subsets.find((one) => one.name === subset)?.version;
    return version === undefined ? subset : `${subset} "${version}"`;
  };
  const canary = name(entry.canary);
  const has = formatPercent(weightOf(entry.asked, entry.canary));
  switch (kind) {
    case 'started':
      return before === undefined ? `${service}: rollout of ${canary} started` : `${service}: ${canary} goes on from ${has}`;
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
    case 'superseded':
      return `${service}: the rollout of ${canary} gave way to a new one`;
  }
}

function nextOf(service: string, { reason }: LogEntry, kind: NoticeKind): string {
  switch (kind) {
    case 'started':
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
