import { ConsulError } from '../consul/errors.js';
import { type Wrote, writeEntry } from '../controller/write-entry.js';
import { decide } from '../core/decide.js';
import { splitterWrite } from '../core/decision.js';
import { DEFAULTS } from '../core/defaults.js';
import { type EntryWrite, metaOf } from '../core/entries.js';
import { type LogEntry, logEntry } from '../core/history.js';
import type { Plan } from '../core/plan.js';
import type { ProgramOutcome } from '../core/programs.js';
import { readRecord } from '../core/record.js';
import { hookAtEnd, type Rollout } from '../core/rollout.js';
import { describeMove } from '../core/verbs/describe-move.js';
import type { VerbContext, VerbResult } from '../core/verbs/result.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';
import { handOver } from './hand-over.js';
import { type Depth, type Look, lookAt } from './look.js';
import { describeDrives, whoDrives } from './who-drives.js';

const TRIES = 50;

/** What became of a verb: the record after it, and whether it changed anything. */
export interface Acted {
  readonly rollout: Rollout;
  readonly changed: boolean;
  readonly message: string;
}

/** Applies a verb to the service's rollout: read, compute the next record, write it by compare-and-set, and again as long as others are faster. */
export async function act(
  context: Context,
  service: string,
  verb: (rollout: Rollout, verbContext: VerbContext, look: Look) => VerbResult,
  { depth = 'all', remembered = false, force = false, announce }: ActOptions = {},
): Promise<Acted> {
  let doubtful: Rollout | undefined;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const look = await lookAt(context, service, depth);
    if (doubtful !== undefined && wasWritten(doubtful, look)) {
      await Promise.all([logWrite(context, look, doubtful), ringControllers(context, service)]);
      return { rollout: doubtful, changed: true, message: doubtful.message };
    }
    // Without a resolver the split was taken away, not overwritten: there is nothing to put back.
    const recalled = remembered && look.seen.resolver !== undefined;
    const rollout = requireRollout(recalled ? { ...look, rollout: look.rollout ?? look.remembered } : look);
    const now = context.clock.now();
    const plan = look.plan === undefined ? {} : { plan: look.plan.plan };
    const verbContext = { service, seen: look.seen, by: context.by, force, now, ...plan };
    const result = verb(rollout, verbContext, look);
    if (result.kind === 'refused') throw new CommandError(result.message, result.hint);
    if (result.kind === 'nothing') return { rollout, changed: false, message: result.message };
    announce?.(describeMove(rollout, result.next, verbContext), service);
    const next = await handOver(context, service, result.next);
    const wrote = await writeRecord(context, look, splitterWrite(look.seen, service, next, result.move), next);
    if (wrote === 'written') return { rollout: next, changed: true, message: next.message };
    if (wrote === 'doubtful') doubtful = next;
  }
  throw new CommandError(
    `service-splitter/${service} was changed by others ${TRIES} times in a row`,
    `splitter status ${service}`,
  );
}

/** What a verb may look at: how deep (what takes traffic back must work where instances cannot be read), and with `remembered` an ended rollout too whose record was dropped. `force`: see VerbContext. */
export interface ActOptions {
  readonly depth?: Depth;
  readonly remembered?: boolean;
  readonly force?: boolean;
  /** Is told what will move before it is written; again where others were faster. */
  readonly announce?: ((move: string, service: string) => void) | undefined;
}

/**
 * Does what is left of a promotion or a revert (routes, the default subset, the last record, the hooks that are owed), so that no driver is needed
 * for it. Programs are left to a driver that lives, unless it is the caller itself (`own`).
 */
export async function finish(context: Context, service: string, own?: string): Promise<Rollout> {
  let ran: readonly ProgramOutcome[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const entries = await lookAt(context, service, 'entries');
    // A promotion looks at canary's instances to the last; a revert must not need them.
    const look = entries.rollout?.state.phase === 'Promoting' ? await lookAt(context, service) : entries;
    const { rollout: found, remembered } = look;
    const rollout = found ?? remembered ?? requireRollout(look);
    const ending = rollout.state.phase === 'Promoting' || rollout.state.phase === 'Reverting';
    if (!ending && (found === undefined || hookAtEnd(rollout) === undefined)) return rollout;
    const decision = decide({
      plan: look.plan?.plan ?? planOfNone(service),
      rollout,
      seen: look.seen,
      tally: rollout.tally,
      ran,
      now: context.clock.now(),
    });
    if (decision.call !== undefined) {
      const drives = await whoDrives(context, service, rollout.group).catch(() => undefined);
      if (drives !== undefined && !(drives.kind === 'foreground' && drives.driver.id === own)) {
        context.io.err(`${decision.call.point} is run by ${describeDrives(drives)}\n`);
        return rollout;
      }
      context.io.err(`${decision.why}\n`);
      ran = [...ran, await context.programs.run(decision.call, new AbortController().signal)];
      continue;
    }
    if (decision.write === undefined) throw new CommandError(decision.why, `splitter status ${service}`);
    const wrote = await writeEntry(context.mesh, decision.write);
    if (wrote === 'written' && decision.next !== undefined) await logWrite(context, look, decision.next, ran);
    // A promotion that its own hook holds is for a person again.
    if (decision.next?.state.phase === 'Paused') return decision.next;
  }
  throw new CommandError(
    `service-splitter/${service} was changed by others ${TRIES} times in a row`,
    `splitter status ${service}`,
  );
}

/** The rollout of a look, or an error that says that there is none. */
export function requireRollout({ rollout, service, seen }: Look): Rollout {
  if (rollout !== undefined) return rollout;
  if (seen.splitter === undefined)
    throw new CommandError(`${service} has no service-splitter, so no rollout`, `splitter ramp ${service} --to 10`);
  throw new CommandError(
    `service-splitter/${service} carries no rollout of splitter`,
    `splitter ramp ${service} --to 10   (or --to 0 to take canary's traffic away)`,
  );
}

/** Writes a record as a verb computed it from the look; then logs it and tells the controllers. */
export async function writeRecord(context: Context, look: Look, write: EntryWrite, next: Rollout): Promise<Wrote> {
  const wrote = await writeEntry(context.mesh, write);
  if (wrote === 'written') await Promise.all([logWrite(context, look, next), ringControllers(context, look.service)]);
  return wrote;
}

/** Whether a write without an answer was applied after all, by the record or, once others have gone on from it, by the log: a verb that passes a step must not pass two. */
function wasWritten(next: Rollout, { rollout, history }: Look): boolean {
  if (rollout?.id !== next.id || rollout.seq < next.seq) return false;
  const same = ({ seq, message, by }: Pick<Rollout, 'seq' | 'message' | 'by'>): boolean =>
    seq === next.seq && message === next.message && by === next.by;
  return same(rollout) || (history?.entries.some(same) ?? false);
}

/** Tells the controllers at once what their lists would tell them a little later, so it is no error where that fails. */
export async function ringControllers({ doorbell, io }: Context, service: string): Promise<void> {
  try {
    await doorbell.ring(service);
  } catch (error) {
    if (error instanceof ConsulError && error.code === 'denied')
      io.err(`Warning: the controllers hear of it a little later: ${error.message}\n  -> ${error.hint}\n`);
  }
}

/** Adds what was just written to the decision log, with whatever its predecessor could not log; a log that cannot be written is told, and is no error. */
async function logWrite(context: Context, look: Look, next: Rollout, ran: readonly ProgramOutcome[] = []): Promise<void> {
  const before = look.seen.splitter?.modifyIndex ?? 0;
  try {
    const { entry } = await context.mesh.readEntry('service-splitter', look.service);
    // Somebody may have written since; the log must not claim that write as this one.
    const stored = readRecord(metaOf(entry?.entry));
    const after = stored?.id === next.id && stored.seq === next.seq ? (entry?.modifyIndex ?? 0) : 0;
    const told = look.history?.entries.flatMap(({ programs = [] }) => programs.map(({ id }) => id)) ?? [];
    const programs = ran.filter(({ id }) => !told.includes(id));
    const own = logEntry(next, context.clock.now(), [], before, after, programs);
    await context.store.log(look.service, next.id, [...unlogged(look, context.clock.now()), own]);
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    context.io.err(`Warning: done, but the decision log could not be written: ${error.message}\n`);
  }
}

/** The record that was found, when its writer died before it could log it; the log prefers the writer's own entry if that still comes. */
function unlogged({ rollout, recorded, history }: Look, now: number): readonly LogEntry[] {
  if (rollout === undefined || !recorded || history?.entries.some(({ seq }) => seq === rollout.seq)) return [];
  return [logEntry(rollout, now, [], 0, 0)];
}

/** A plan of nothing: promoting and reverting look at no step and no signal, so a rollout whose plan is gone can still be finished. */
export function planOfNone(service: string): Plan {
  return {
    service,
    subsets: [],
    legs: [],
    steps: [],
    bake: 0,
    undoWindow: 0,
    stepTimeout: 0,
    on: DEFAULTS.on,
    signals: [],
    callers: [],
  };
}
