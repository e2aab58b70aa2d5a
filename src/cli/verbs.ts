import { ConsulError } from '../consul/errors.js';
import { abort } from '../core/verbs/abort.js';
import { pause } from '../core/verbs/pause.js';
import { promote } from '../core/verbs/promote.js';
import { type DriftChoice, resume } from '../core/verbs/resume.js';
import { undo } from '../core/verbs/undo.js';
import { insteadOfGoingBack } from '../core/way-back.js';
import { oneLine } from '../view/style.js';
import { type Acted, type ActOptions, act, finish } from './act.js';
import { awaitFirstRecord } from './await-first-record.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { tellDraining } from './drained.js';
import { driveOn } from './drive-on.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { findRun } from './group-run.js';
import { actOnRun } from './group-verbs.js';
import { type CommandIo, printJson } from './io.js';
import { tellOffCanary } from './off-canary.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { undoTo } from './undo-to.js';
import { describeDrives, whoDrives } from './who-drives.js';

type Verb = Parameters<typeof act>[2];

/** `splitter pause SERVICE`: holds the rollout where it is; whoever drives it goes on watching. */
export async function runPause(service: string, flags: GlobalFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const run = await findRun(context, service);
  if (run !== undefined && !run.services.includes(service))
    return actOnRun(context, run, { done: 'Paused', verb: pause, reverse: false, allOrNone: false, finishes: false });
  const code = report(context, service, await act(context, service, pause), 'Paused');
  const drives = await whoDrives(context, service, run?.name).catch(() => 'unknown' as const);
  if (drives === undefined) context.io.err('Nobody watches it: no signal would take it back.\n');
  const others = run?.services.filter((one) => one !== service).join(', ');
  if (run !== undefined) context.io.err(`In lock step in ${run.name}, ${others} wait for it before the next step.\n`);
  return code;
}

/** `splitter resume SERVICE [--adopt|--reassert] [--force]`: lets a paused rollout go on, and says who drives it unless that is the caller's to say. */
export async function runResume(
  service: string,
  flags: GlobalFlags & { readonly adopt?: boolean; readonly reassert?: boolean; readonly force?: boolean },
  io: CommandIo,
  about: 'says-who-drives' | 'silent' = 'says-who-drives',
): Promise<ExitCode> {
  const context = createContext(flags, io);
  if (flags.adopt === true && flags.reassert === true)
    throw new CommandError('--adopt and --reassert exclude each other', 'choose whose weights count');
  const choice: DriftChoice = flags.adopt === true ? 'adopt' : flags.reassert === true ? 'reassert' : undefined;
  const verb: Verb = (rollout, verbContext, look) => resume(rollout, verbContext, choice, stepsOf(look.plan, rollout.state.step));
  const options = { force: flags.force === true };
  const run = await findRun(context, service);
  if (run !== undefined && !run.services.includes(service))
    return actOnRun(context, run, { done: 'Resumed', verb, reverse: false, allOrNone: false, finishes: false, options });
  const acted = await act(context, service, verb, options);
  const code = report(context, service, acted, 'Resumed');
  if (about === 'says-who-drives') await sayWhoDrives(context, service, run?.name);
  return code;
}

/** `splitter abort SERVICE [--force]`: all traffic back to stable, whatever the rollout is doing and whoever drives it; without --force not onto nobody. */
export async function runAbort(
  service: string,
  flags: GlobalFlags & { readonly force?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  const verb: Verb = (rollout, verbContext) => abort(rollout, { ...verbContext, force: flags.force === true });
  const options: ActOptions = { depth: 'readable', remembered: true };
  const run = await findRun(context, service);
  if (run !== undefined)
    return actOnRun(context, run, { done: 'Reverted', verb, reverse: true, allOrNone: false, finishes: true, options });
  await awaitFirstRecord(context, service);
  const acted = await act(context, service, verb, options);
  const rollout = await finish(context, service);
  const code = report(context, service, { ...acted, rollout }, rollout.state.phase === 'Promoted' ? 'Put back' : 'Reverted');
  if (acted.changed && !context.json) await tellOffCanary(context, service);
  return code;
}

/** `splitter undo SERVICE [--to VERSION|ROLLOUT]`: takes a finished promotion back in one write, or users back to any earlier version that still runs. */
export async function runUndo(service: string, flags: GlobalFlags & { readonly to?: string }, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  if (flags.to !== undefined) return report(context, service, await undoTo(context, service, flags.to), 'Undone');
  return undoPromotion(context, service);
}

/** Takes the last promotion of a service, or of all members of its group, back in one write. */
export async function undoPromotion(context: Context, service: string): Promise<ExitCode> {
  const verb: Verb = (rollout, verbContext, look) =>
    undo(rollout, verbContext, look.plan?.plan.undoWindow ?? Number.POSITIVE_INFINITY);
  const options: ActOptions = { depth: 'readable', remembered: true };
  const run = await findRun(context, service);
  if (run !== undefined)
    return actOnRun(context, run, { done: 'Undone', verb, reverse: true, allOrNone: true, finishes: true, options });
  const acted = await act(context, service, verb, options);
  const rollout = await finish(context, service);
  const code = report(context, service, { ...acted, rollout }, 'Undone');
  if (acted.changed && !context.json) await tellOffCanary(context, service);
  return code;
}

/** `splitter promote SERVICE [--full] [--force]`: passes the present step; at a reached target goes to all traffic and bakes; with --full skips everything. A person at a terminal is told what moves before it does. */
export async function runPromote(
  service: string,
  flags: GlobalFlags & { readonly full?: boolean; readonly force?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  const full = flags.full === true;
  const verb: Verb = (rollout, verbContext, look) => promote(rollout, verbContext, full, stepsOf(look.plan, rollout.state.step));
  const { ask, err } = context.io;
  const announce = ask === undefined ? undefined : (move: string, named: string) => err(`Promoting ${named}: ${oneLine(move)}\n`);
  const options = { force: flags.force === true, announce };
  const run = await findRun(context, service);
  if (run !== undefined) {
    // The controllers promote all members together, when the last word of each is spoken.
    const finishes = full && (await whoDrives(context, run.services[0]!, run.name)) === undefined;
    return actOnRun(context, run, { done: 'Promoted', verb, reverse: false, allOrNone: true, finishes, options });
  }
  // It may have to watch the bake itself, and a promotion must not find out too late that it may not.
  if (!full) await requirePermissions(context, permissionsToDrive(service, context));
  const nobody = !full && (await whoDrives(context, service, undefined)) === undefined;
  const acted = await act(context, service, verb, options);
  if (acted.rollout.state.phase === 'Promoting') {
    const rollout = await finish(context, service);
    if (rollout.state.phase === 'Paused')
      throw new CommandError(
        rollout.message,
        rollout.state.reason === 'StableGone'
          ? insteadOfGoingBack(service, false)
          : `splitter resume ${service}   runs it again;   splitter promote ${service}   goes on without it`,
        EXIT.needsPerson,
      );
    if (rollout.state.phase !== 'Promoted') {
      report(context, service, { ...acted, rollout, message: rollout.message }, rollout.state.phase);
      return EXIT.reverted;
    }
    const code = report(context, service, { ...acted, rollout }, 'Promoted');
    if (!context.json) await tellDraining(context, service);
    return code;
  }
  if (nobody && acted.rollout.state.phase === 'Baking') {
    // With -o json stdout is the drive's, a document a line.
    report({ ...context, json: false }, service, acted, 'Promoted');
    return driveOn(context, service, 'promote');
  }
  const code = report(context, service, acted, 'Promoted');
  await sayWhoDrives(context, service, undefined);
  return code;
}

/** How many steps the plan has; where it is not known, as many as take the rollout past its present one. */
export function stepsOf(plan: { readonly plan: { readonly steps: readonly unknown[] } } | undefined, step: number): number {
  return plan?.plan.steps.length ?? step + 1;
}

function report(context: Context, service: string, acted: Acted, done: string): ExitCode {
  const { rollout, changed, message } = acted;
  if (context.json)
    printJson(context.io, {
      service,
      changed,
      phase: rollout.state.phase,
      reason: rollout.state.reason,
      rollout: rollout.id,
      message,
    });
  else context.io.err(changed ? `${done} ${service}: ${oneLine(message)}\n` : `Nothing to do: ${oneLine(message)}\n`);
  return EXIT.done;
}

async function sayWhoDrives(context: Context, service: string, group: string | undefined): Promise<void> {
  const drives = await whoDrives(context, service, group).catch((error: unknown) => {
    if (!(error instanceof ConsulError)) throw error;
    return error;
  });
  if (drives instanceof ConsulError) context.io.err(`Warning: who drives it cannot be read: ${oneLine(drives.message)}\n`);
  else if (drives !== undefined) context.io.err(`${describeDrives(drives)} drives it on.\n`);
  else
    context.io.err(
      `Nobody drives it: it moves only when somebody does.\n  -> splitter continue ${service}   drives it to its next pause or its end\n`,
    );
}
