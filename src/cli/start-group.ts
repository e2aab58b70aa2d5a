import { ulid } from 'ulid';
import { isTakenBack } from '../core/group.js';
import { findRoles, isRefusal } from '../core/roles.js';
import { isFinal } from '../core/rollout.js';
import { abort } from '../core/verbs/abort.js';
import { renderWrites } from '../view/changes.js';
import { act, finish } from './act.js';
import type { Context } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { requireRoutes } from './entrances.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { GroupPlans } from './group-source.js';
import { printJson } from './io.js';
import { lookAt } from './look.js';
import { makeRoom } from './make-room.js';
import { requireOwnChecks, type SkipFlags } from './own-checks.js';
import { observe } from './plan.js';
import { type SourcedPlan, settlePlan } from './plan-source.js';
import { previewDocument, previewRollout } from './preview.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { requireControllers } from './who-drives.js';

/** How a group is started, as flags said. */
export interface GroupStart {
  readonly dryRun: boolean;
  readonly skip: SkipFlags;
}

interface ReadyMember {
  readonly sourced: SourcedPlan;
  readonly note: string | undefined;
  /** A rollout that is to give way first stands where this one would begin. */
  readonly blocked: boolean;
}

/** Begins the rollouts of all members of a group, which the controllers then drive in lock step; all are checked before anything is written. */
export async function startGroup(context: Context, { group, members }: GroupPlans, how: GroupStart): Promise<ExitCode> {
  const { io } = context;
  if (members[0] !== undefined) context.client.scopeTo(members[0].plan);
  const settled: SourcedPlan[] = [];
  for (const member of members) settled.push(await settlePlan(context, member, true));
  if (how.dryRun) return showGroup(context, group.name, settled);
  await requireControllers(context, `splitter ramp ${group.services[0]} --to …   for one service at a time`);
  const ready: ReadyMember[] = [];
  for (const sourced of settled) ready.push(await requireMember(context, sourced, how.skip));
  for (const { sourced } of ready) await makeRoom(context, sourced);
  for (const { sourced, blocked } of ready) if (blocked) requireReady(context, sourced, await observe(context, sourced));
  const id = await findId(context, group.name, settled);
  const begun: string[] = [];
  for (const { sourced, note } of ready) {
    const { service } = sourced.plan;
    begun.push(service);
    try {
      await begin(context, sourced, id, note);
    } catch (error) {
      await takeBack(context, group.name, begun, service);
      throw error;
    }
  }
  io.err(`Started ${group.name}: ${group.services.join(', ')} in lock step.\n  -> splitter status ${group.name}\n`);
  return EXIT.done;
}

async function showGroup(context: Context, group: string, members: readonly SourcedPlan[]): Promise<ExitCode> {
  const { io, json } = context;
  const services: object[] = [];
  for (const sourced of members) {
    const seen = await observe(context, sourced);
    const writes = previewRollout(context, sourced, seen, requireReady(context, sourced, seen));
    services.push(previewDocument(sourced, writes));
    if (!json) io.out(`${sourced.plan.service}\n${renderWrites(writes, io.style)}`);
  }
  if (json) printJson(io, { group, services });
  return EXIT.done;
}

async function requireMember(context: Context, sourced: SourcedPlan, skip: SkipFlags): Promise<ReadyMember> {
  await requirePermissions(context, permissionsToDrive(sourced.plan.service, context, sourced.plan));
  const seen = await observe(context, sourced);
  const roles = findRoles(sourced.plan, seen);
  const { rollout } = await lookAt(context, sourced.plan.service, 'entries');
  const blocked = rollout !== undefined && !isFinal(rollout);
  if (!blocked) requireReady(context, sourced, seen);
  await requireRoutes(context, sourced.plan);
  const note = isRefusal(roles) ? undefined : await requireOwnChecks(context, sourced, roles, skip);
  return { sourced, note, blocked };
}

/** A run of these very plans that was not wholly begun goes on under its own id. */
async function findId(context: Context, group: string, members: readonly SourcedPlan[]): Promise<string> {
  const looks = await Promise.all(members.map(({ plan }) => lookAt(context, plan.service, 'entries')));
  const records = looks.flatMap(({ rollout }) => rollout ?? []);
  const live = records.find((rollout) => rollout.group === group && !isFinal(rollout));
  if (live === undefined) return ulid();
  if (records.some((rollout) => rollout.id === live.id && isTakenBack(rollout)))
    throw new CommandError(`the last run of ${group} is just being taken back`, `splitter status ${group}, then type this again`);
  return live.id;
}

async function begin(context: Context, sourced: SourcedPlan, id: string, note: string | undefined): Promise<void> {
  const { service } = sourced.plan;
  const driver = newDriverId('start', context.by);
  const lock = await takeLock(context, service, driver, 'start');
  const code = await driveService(context, sourced, lock, driver, {
    kind: 'start',
    hold: 0,
    onInterrupt: 'hold',
    note,
    detach: true,
    id,
  });
  if (code !== EXIT.done) throw new CommandError(`${service} could not begin`, `splitter status ${service}`, code);
}

async function takeBack(context: Context, group: string, begun: readonly string[], failed: string): Promise<void> {
  context.io.err(`${failed} could not begin, so ${group} does not: what had begun is taken back\n`);
  for (const service of [...begun].reverse()) {
    try {
      const { rollout } = await lookAt(context, service, 'entries');
      if (rollout === undefined || isFinal(rollout)) continue;
      await act(context, service, abort, { depth: 'readable' });
      await finish(context, service);
      context.io.err(`Reverted ${service}\n`);
    } catch (error) {
      context.io.err(
        `Warning: ${service} could not be taken back: ${(error as Error).message}\n  -> splitter abort ${service}\n`,
      );
    }
  }
}
