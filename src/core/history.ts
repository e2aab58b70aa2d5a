import { type Leg, sameShares } from './legs.js';
import type { HookName, Plan } from './plan.js';
import type { ProgramOutcome } from './programs.js';
import { encodeStanding, readState } from './record.js';
import type { Phase, Reason, Rollout } from './rollout.js';
import { type Finding, healthyMoment } from './verdict.js';

/** One line of the decision log: what was decided, by whom, on which evidence, and which write it became. Times in ms. */
export interface LogEntry {
  readonly seq: number;
  readonly at: number;
  readonly phase: Phase;
  readonly reason: Reason;
  readonly step: number;
  /** Of `StableGone`: the state that it was in, as the record has it. */
  readonly stood?: string;
  readonly stable: string;
  readonly canary: string;
  readonly asked: readonly Leg[];
  readonly plan: string;
  readonly group?: string;
  readonly wave?: string;
  readonly drill?: true;
  readonly before?: string;
  readonly startedAt: number;
  readonly enteredAt: number;
  readonly message: string;
  readonly by: string;
  readonly driver: string;
  readonly findings: readonly Finding[];
  /** What each subset got when it was decided, in basis points; absent where nobody could measure it. */
  readonly observed?: Readonly<Record<string, number>>;
  /** Hooks and `run` steps that ended since the entry before. */
  readonly programs?: readonly ProgramOutcome[];
  /** Of a revert: whether callers were seen to be off canary, and when, as a sentence; it becomes known later. */
  readonly off?: string;
  readonly owes?: readonly HookName[];
  readonly adopted?: Readonly<Record<string, string>>;
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
  programs: readonly ProgramOutcome[] = [],
  observed?: Readonly<Record<string, number>>,
): LogEntry {
  const { id: _, state, tally: __, owes, adopted, ...rest } = rollout;
  return {
    ...rest,
    at,
    phase: state.phase,
    reason: state.reason,
    step: state.step,
    ...(state.reason === 'StableGone' ? { stood: encodeStanding(state.stood) } : {}),
    findings,
    indexBefore,
    indexAfter,
    ...(observed === undefined ? {} : { observed }),
    ...(programs.length === 0 ? {} : { programs }),
    ...(owes.length === 0 ? {} : { owes }),
    ...(Object.keys(adopted).length === 0 ? {} : { adopted }),
  };
}

/** The history with one more entry, in order of `seq`; an entry that is there already is not added twice, but gets the programs, and the end of a revert, that it did not know of. */
export function appendEntry(history: History, entry: LogEntry): History {
  const known = history.entries.find((one) => one.seq === entry.seq);
  const told = known?.programs ?? [];
  const untold = (entry.programs ?? []).filter(({ id }) => !told.some((one) => one.id === id));
  const off = entry.off ?? known?.off;
  if (known !== undefined && known.indexAfter > 0 && untold.length === 0 && off === known.off) return history;
  const own = known !== undefined && known.indexAfter > 0 ? known : entry;
  const programs = [...told, ...untold];
  const whole = { ...own, ...(programs.length === 0 ? {} : { programs }), ...(off === undefined ? {} : { off }) };
  const entries = [...history.entries.filter((one) => one !== known), whole].sort((a, b) => a.seq - b.seq);
  return { ...history, entries: entries.length <= HISTORY_LIMIT ? entries : withoutOne(entries) };
}

/** When the log last tells of signals that were all good, ms; undefined when it never does. */
export function lastHealthyIn({ entries }: History): number | undefined {
  return entries.map(({ findings }) => healthyMoment(findings)).findLast((at) => at !== undefined);
}

/** Whether an entry only keeps evidence: nothing else has changed since the one before it. */
export function keepsEvidence(entry: LogEntry, before: LogEntry | undefined): boolean {
  if (before === undefined || entry.programs !== undefined) return false;
  const same = (['phase', 'reason', 'step', 'enteredAt', 'message', 'driver', 'plan'] as const).every(
    (field) => entry[field] === before[field],
  );
  return same && sameShares(entry.asked, before.asked);
}

/** The log made shorter by one: an entry that only keeps evidence goes first, else the oldest but the very first. */
function withoutOne(entries: readonly LogEntry[]): readonly LogEntry[] {
  const spare = entries.findIndex((entry, i) => keepsEvidence(entry, entries[i - 1]));
  return entries.filter((_, i) => i !== (spare === -1 ? 1 : spare));
}

/** An empty log for a rollout. */
export function emptyHistory(service: string, rollout: string): History {
  return { version: 1, service, rollout, plans: {}, entries: [] };
}

/** The rollout as its log last saw it, for when somebody overwrote the record; its evidence is gone with the record. */
export function lastKnown(history: History): Rollout | undefined {
  const last = history.entries.at(-1);
  if (last === undefined) return undefined;
  const { phase, reason, step, stood, at: _, findings: __, observed: ___, programs: ____, off: _off, ...more } = last;
  const { indexBefore: _____, indexAfter: ______, ...rest } = more;
  const state = readState(phase, reason, step, stood);
  if (state === undefined) return undefined;
  return { ...rest, id: history.rollout, state, tally: '', owes: last.owes ?? [], adopted: last.adopted ?? {} };
}
