import { isFinal } from '../core/rollout.js';
import { createContext, type GlobalFlags } from './context.js';
import { driveOn } from './drive-on.js';
import type { ExitCode } from './exit.js';
import { findRun } from './group-run.js';
import type { CommandIo } from './io.js';
import { lookAt } from './look.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { runAbort, runPromote, runResume } from './verbs.js';
import { watchStatus } from './watch-status.js';
import { describeDrives, whoDrives } from './who-drives.js';

/**
 * `splitter continue SERVICE [--wait]`: what waits for a person goes on: at a reached target to all traffic (promote), else from its pause (resume).
 * Where nobody drives it, this terminal does, to its next pause or its end.
 */
export async function runContinue(
  service: string,
  flags: GlobalFlags & { readonly wait?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  // It may have to drive it itself, and a rollout that goes on must not find out too late that it may not.
  await requirePermissions(context, permissionsToDrive(service, context));
  const { rollout } = await lookAt(context, service, true);
  const verb = rollout?.state.reason === 'TargetReached' ? 'promote' : 'resume';
  io.err(`continue is \`splitter ${verb} ${service}\` here\n`);
  if (verb === 'promote') return runPromote(service, flags, io);
  const code = await runResume(service, flags, io, 'silent');
  if (rollout === undefined || isFinal(rollout)) return code;
  const run = await findRun(context, service);
  const drives = await whoDrives(context, service, run?.name);
  if (drives !== undefined || run !== undefined) {
    io.err(drives === undefined ? 'Nobody drives it: splitter run does\n' : `${describeDrives(drives)} drives it on.\n`);
    return flags.wait === true ? watchStatus(context, run?.services[0] ?? service, undefined) : code;
  }
  io.err('Nobody drives it, so this terminal does, to its next pause or its end.\n');
  return driveOn(context, service, 'start', true);
}

/** `splitter cancel SERVICE`: abort by another name, and says so. */
export async function runCancel(service: string, flags: GlobalFlags, io: CommandIo): Promise<ExitCode> {
  io.err(`cancel is \`splitter abort ${service}\` here\n`);
  return runAbort(service, flags, io);
}
