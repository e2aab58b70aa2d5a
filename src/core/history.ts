import type { Leg } from './legs.js';
import type { Plan } from './plan.js';
import type { Phase, Reason, Rollout, State } from './rollout.js';
import type { Finding } from './verdict.js';

/** One line of the decision log: what was decided, by whom, on which evidence, and which write it became. Times in ms. */
export interface LogEntry {
  readonly seq: number;
  readonly at: number;
  readonly phase: Phase;
  readonly reason: Reason;
  readonly step: number;
  readonly stable: string;
  readonly canary: string;
  readonly asked: readonly Leg[];
  readonly plan: string;
  readonly startedAt: number;
  readonly enteredAt: number;
  readonly message: string;
  readonly by: string;
  readonly driver: string;
  readonly findings: readonly Finding[];
  readonly indexBefore: number;
  /** 0 when the entry was reconstructed from the record, because whoever wrote it did not live to log it. */
  readonly indexAfter: number;
}

/** The decision log of one rollout, with every plan that it followed, by digest. */
export interface History {
  readonly version: 1;
  readonly service: string;
  readonly rollout: string;
  readonly plans: Readonly<Record<string, { readonly plan: Plan; readonly source: string }>>;
  readonly entries: readonly LogEntry[];
}

/** How many log entries are kept; beyond that the oldest but the first go. */
export const HISTORY_LIMIT = 500;

/** A log entry for this record; `indexAfter` 0 says that it was reconstructed. */
export function logEntry(
  rollout: Rollout,
  at: number,
  findings: readonly Finding[],
  indexBefore: number,
  indexAfter: number,
): LogEntry {
  const { id: _, state, tally: __, ...rest } = rollout;
  return { ...rest, at, phase: state.phase, reason: state.reason, step: state.step, findings, indexBefore, indexAfter };
}

/** The history with one more entry, in order of `seq`; an entry that is there already is not added twice. */
export function appendEntry(history: History, entry: LogEntry): History {
  const known = history.entries.find((one) => one.seq === entry.seq);
  const others = known === undefined ? history.entries : history.entries.filter((one) => one !== known || one.indexAfter > 0);
  if (others.some((one) => one.seq === entry.seq)) return history;
  const entries = [...others, entry].sort((a, b) => a.seq - b.seq);
  return {
    ...history,
    entries: entries.length <= HISTORY_LIMIT ? entries : [entries[0]!, ...entries.slice(entries.length - HISTORY_LIMIT + 1)],
  };
}

/** An empty log for a rollout. */
export function emptyHistory(service: string, rollout: string): History {
  return { version: 1, service, rollout, plans: {}, entries: [] };
}

/** The rollout as its log last saw it, for when somebody overwrote the record; its evidence is gone with the record. */
export function lastKnown(history: History): Rollout | undefined {
  const last = history.entries.at(-1);
  if (last === undefined) return undefined;
  const { phase, reason, step, at: _, findings: __, indexBefore: ___, indexAfter: ____, ...rest } = last;
  return { ...rest, id: history.rollout, state: { phase, reason, step } as State, tally: '' };
}
