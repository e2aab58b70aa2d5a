import { isFinal } from '../core/rollout.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { driveOn, lookFirst } from './drive-on.js';
import { EXIT, type ExitCode } from './exit.js';
import { findRun } from './group-run.js';
import type { CommandIo } from './io.js';
import { lookAt } from './look.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { runAbort, runPromote, runResume } from './verbs.js';
import { watchStatus } from './watch-status.js';
import { describeDrives, whoDrives } from './who-drives.js';

/**
 * `splitter continue SERVICE|GROUP [--wait]`: what waits for a person goes on: at a reached target to all traffic (promote), else from its pause (resume).
 * Where nobody drives it, this terminal does, to its next pause or its end; a group is its controllers' to drive.
 */
export async function runContinue(
  service: string,
  flags: GlobalFlags & { readonly wait?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  const run = await findRun(context, service);
  const services = run === undefined || run.services.includes(service) ? [service] : run.services;
  const first = services[0] ?? service;
  // It may have to drive it itself, and a rollout that goes on must not find out too late that it may not.
  await requirePermissions(
    context,
    services.flatMap((one) => permissionsToDrive(one, context)),
  );
  const verb = (await areAtTarget(context, services)) ? 'promote' : 'resume';
  const drives = await whoDrives(context, first, run?.name);
  io.err(`continue is \`splitter ${verb} ${service}\` here\n`);
  const here = run === undefined && drives === undefined;
  if (here && verb === 'promote') {
    // All traffic is the largest step of all: it is not made on what nobody has seen.
    const looked = await lookFirst(context, service);
    return looked === EXIT.done ? runPromote(service, flags, io) : looked;
  }
  // What is driven or watched from here is a stream of documents, which the verb must not begin with one of its own.
  const { output, ...wordy } = flags;
  const own = here || flags.wait === true || output === undefined ? wordy : { ...wordy, output };
  const code = verb === 'promote' ? await runPromote(service, own, io) : await runResume(service, own, io, 'silent');
  if (here) {
    io.err('Nobody drives it, so this terminal does, to its next pause or its end.\n');
    return driveOn(context, service, 'start', true);
  }
  if (verb === 'resume' || run !== undefined)
    io.err(drives === undefined ? 'Nobody drives it: splitter run does\n' : `${describeDrives(drives)} drives it on.\n`);
  return flags.wait === true ? watchStatus(context, first, undefined) : code;
}

/** Whether all that is under way of these waits at its target for the last word. */
async function areAtTarget(context: Context, services: readonly string[]): Promise<boolean> {
  const looks = await Promise.all(services.map((service) => lookAt(context, service, 'entries')));
  const live = looks.flatMap(({ rollout }) => (rollout === undefined || isFinal(rollout) ? [] : [rollout]));
  return live.length > 0 && live.every(({ state }) => state.reason === 'TargetReached');
}

/** `splitter cancel SERVICE`: abort by another name, and says so. */
export async function runCancel(service: string, flags: Parameters<typeof runAbort>[1], io: CommandIo): Promise<ExitCode> {
  io.err(`cancel is \`splitter abort ${service}\` here\n`);
  return runAbort(service, flags, io);
}
