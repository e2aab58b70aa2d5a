import { findRoles, isRefusal } from '../core/roles.js';
import { isFinal } from '../core/rollout.js';
import { createContext, type GlobalFlags } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { requireRoutes } from './entrances.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { durationFlag } from './flag-values.js';
import { asGroup, findGroupPlans, type GroupPlans } from './group-source.js';
import type { CommandIo } from './io.js';
import { lookAt } from './look.js';
import { makeRoom } from './make-room.js';
import { requireOwnChecks, type SkipFlags } from './own-checks.js';
import { observe } from './plan.js';
import { pickPlan, readPlans, type SourcedPlan, settlePlan } from './plan-source.js';
import { showPreview } from './preview.js';
import { requireCallers } from './require-callers.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { startGroup } from './start-group.js';
import { refuseVariables, type VariableFlags } from './variables.js';
import { watchStatus } from './watch-status.js';
import { requireControllers } from './who-drives.js';

/** Flags of `splitter start`. */
export interface StartFlags extends GlobalFlags, VariableFlags, SkipFlags {
  readonly foreground?: boolean;
  readonly wait?: boolean;
  readonly hold?: string;
  readonly onInterrupt?: 'hold' | 'revert';
  readonly dryRun?: boolean;
}

/** `splitter start SERVICE|FILE`: the plan's own steps, from the beginning or from where a rollout stands; by the controllers, or with --foreground from here. */
export async function start(target: string, flags: StartFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const hold = durationFlag('--hold', flags.hold) ?? 0;
  const isFile = target === '-' || /[/.]/.test(target);
  if (!isFile)
    refuseVariables(
      flags,
      `the plan that was applied for ${target} has its values already`,
      `splitter apply PLAN --var …   and then   splitter start ${target}`,
    );
  const written = isFile ? await readPlans(context, target, flags) : undefined;
  const group = written === undefined ? await appliedGroup() : asGroup(written);
  if (group !== undefined && flags.foreground === true)
    throw new CommandError(
      `${group.group.name} is a group, and its services ramp in lock step under one controller: --foreground drives one service`,
      `splitter run   in another terminal, then   splitter start ${target}`,
    );
  if (group !== undefined) {
    const code = await startGroup(context, group, { dryRun: flags.dryRun === true, skip: flags });
    const first = group.members[0]?.plan.service;
    return flags.wait === true && flags.dryRun !== true && code === EXIT.done && first !== undefined
      ? watchStatus(context, first, undefined)
      : code;
  }
  const sourced = written === undefined ? await appliedPlan() : await pickPlan(context, written, target, undefined, true);
  const { plan } = sourced;
  if (flags.dryRun === true) {
    const seen = await observe(context, sourced);
    const roles = requireReady(context, sourced, seen);
    await requireRoutes(context, plan);
    showPreview(context, sourced, seen, roles);
    return EXIT.done;
  }
  await requirePermissions(context, permissionsToDrive(plan.service, context, plan));
  const detach = flags.foreground !== true;
  if (!detach) await requireCallers(context, plan);
  await requireRoutes(context, plan);
  if (detach) await requireControllers(context, `splitter start ${target} --foreground`);
  const first = findRoles(plan, await observe(context, sourced));
  const note = isRefusal(first) ? undefined : await requireOwnChecks(context, sourced, first, flags);
  await makeRoom(context, sourced);
  // A rollout that is there needs somebody who watches it, in a freeze too.
  const { rollout } = await lookAt(context, plan.service, 'entries');
  requireReady(context, sourced, await observe(context, sourced), rollout === undefined || isFinal(rollout));
  const driver = newDriverId('start', context.by);
  const lock = await takeLock(context, plan.service, driver, 'start');
  const onInterrupt = flags.onInterrupt ?? 'hold';
  const wait = flags.wait === true;
  const code = await driveService(context, sourced, lock, driver, { kind: 'start', hold, onInterrupt, note, detach, wait });
  return wait && detach && code === EXIT.done ? watchStatus(context, plan.service, undefined) : code;

  async function appliedGroup(): Promise<GroupPlans | undefined> {
    const own = (await context.store.readPlan(target))?.plan;
    if (own === undefined) return findGroupPlans(context, target);
    if (own.group === undefined) return undefined;
    throw new CommandError(
      `${target} is a member of the group ${own.group.name}, whose services begin together`,
      `splitter start ${own.group.name}   or   splitter ramp ${target} --to 10   for this one alone`,
    );
  }

  async function appliedPlan(): Promise<SourcedPlan> {
    const applied = await context.store.readPlan(target);
    if (applied === undefined)
      throw new CommandError(
        `no plan was applied for ${target}`,
        `splitter apply ${target}.yaml   or   splitter start ${target}.yaml --foreground`,
      );
    return settlePlan(context, { plan: applied.plan, digest: applied.digest, source: applied.source }, true);
  }
}
