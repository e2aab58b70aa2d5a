import { defaultSubsetOf, type Entry, type EntryWrite, type SplitEntries, splitterEntry } from './entries.js';
import type { Observation } from './observation.js';
import type { Plan } from './plan.js';
import type { ProgramCall, ProgramOutcome } from './programs.js';
import { isFinal, nextRollout, type Rollout } from './rollout.js';
import type { Closed } from './schedule/closed.js';
import { withCookies, withoutCookies } from './sticky.js';

/** Everything that a decision depends on; there is nothing else it could read. */
export interface Situation {
  readonly plan: Plan;
  /** The record in the splitter, or the last one known when somebody overwrote it. */
  readonly rollout: Rollout;
  readonly seen: Observation;
  /** The judge's evidence so far, encoded; it goes into every record that is written. */
  readonly tally: string;
  /** Programs that have ended since this driver began. */
  readonly ran: readonly ProgramOutcome[];
  /** The driver that the record names, when it was in the foreground and is gone. */
  readonly lostDriver?: string;
  readonly now: number;
}

/** What to do next: at most one write, when to look again at the latest, and why, as a sentence for people. */
export interface Decision {
  readonly why: string;
  readonly wakeAt: number;
  readonly write?: EntryWrite;
  /** The record after the write; absent when the write is not of the splitter. */
  readonly next?: Rollout;
  /** A program to start, if it does not run yet; its outcome is awaited while all else goes on. */
  readonly call?: ProgramCall;
  /** A freeze or a closed window is what it waits for. */
  readonly closed?: Closed;
}

type Change = Partial<Omit<Rollout, 'seq' | 'id' | 'tally'>> & Pick<Rollout, 'message'>;

/** A decision that only waits. */
export function wait(why: string, wakeAt: number): Decision {
  return { why, wakeAt };
}

/** A decision to write the next record, moving weights only when `asked` is part of the change. */
export function transition(situation: Situation, change: Change): Decision {
  const { plan, rollout, seen, tally, now } = situation;
  const next = nextRollout(rollout, { ...change, tally });
  const write = splitterWrite(seen, plan.service, next, change.asked !== undefined);
  return { why: next.message, wakeAt: now, next, write: { ...write, entry: withCookies(write.entry, plan, next) } };
}

/** The one write that puts a record, and with `move` its weights, into the splitter; without, the stored weights stay as they are. */
export function splitterWrite(
  { splitter: stored, resolver }: SplitEntries,
  service: string,
  next: Rollout,
  move: boolean,
): EntryWrite & { readonly entry: Entry } {
  const legs = move || stored === undefined ? next.asked : undefined;
  const entry = splitterEntry(stored, service, legs, next, defaultSubsetOf(resolver?.entry));
  return {
    kind: 'service-splitter',
    name: service,
    entry: isFinal(next) || next.state.phase === 'Reverting' ? withoutCookies(entry, service) : entry,
    cas: stored?.modifyIndex ?? 0,
    why: next.message,
  };
}
