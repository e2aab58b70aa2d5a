import { ulid } from 'ulid';
import { isPassing } from '../consul/errors.js';
import type { Controller } from '../controller/controller.js';
import type { ControllerEvent } from '../controller/events.js';
import { follow } from '../controller/follow.js';
import { liveRecord } from '../controller/overview.js';
import { Scheduler } from '../controller/scheduler.js';
import { settleVersions } from '../core/auto.js';
import { metaOf, subsetsOf } from '../core/entries.js';
import { readRecord } from '../core/record.js';
import { findRoles, isRefusal } from '../core/roles.js';
import { versionOf } from '../core/versions.js';
import { digestPlan } from '../plan/digest.js';
import type { SourcedPlan } from '../ports.js';
import type { Log } from '../server/log.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { CommandError } from './exit.js';
import { findGroupPlans } from './group-source.js';
import { makeRoom } from './make-room.js';
import { requireOwnChecks } from './own-checks.js';
import { observe } from './plan.js';
import { settlePlan } from './plan-source.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { startGroup } from './start-group.js';

/** Begins rollouts by the schedules of the applied plans, until `abort`; gives the scheduler, so that it can be rung. */
export function runStarts(
  context: Context,
  flags: GlobalFlags,
  controller: Controller,
  log: Log,
  onEvent: (event: ControllerEvent) => void,
): { readonly scheduler: Scheduler; run(abort: AbortSignal, onTrouble: (error: Error) => void): Promise<void> } {
  const { mesh, store, starts, clock } = context;
  const scheduler = new Scheduler({
    mesh,
    memories: starts,
    clock,
    mayBegin: (service) => controller.mayBegin && controller.owns(service),
    freeze: () => controller.freeze,
    standing: (sourced) => findStanding(context, controller, sourced),
    versions: (sourced) => findVersions(context, sourced),
    start: (sourced, rollout, why) => startDetached(context, flags, sourced, rollout, why, log),
    newId: () => ulid(),
    isPassing,
    onEvent,
    logger: {
      debug: (message) => log.debug(String(message)),
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
      error: (message, error) => log.error(`${message}${error === undefined ? '' : `: ${error.message}`}`),
    },
  });
  return {
    scheduler,
    run: async (abort, onTrouble) => {
      const followPlans = follow(
        async (index) => {
          const { plans, index: next } = await store.listPlans({ index, abort });
          scheduler.setPlans(plans);
          return next;
        },
        abort,
        { onTrouble, pace: () => 100 },
      );
      await Promise.all([followPlans, scheduler.run(abort)]);
    },
  };
}

type Standing = Awaited<ReturnType<ConstructorParameters<typeof Scheduler>[0]['standing']>>;

/** What the service's splitter says of its last rollout. */
async function findStanding({ store }: Context, controller: Controller, { plan, digest }: SourcedPlan): Promise<Standing> {
  const { splitter, resolver } = controller.entriesOf(plan.service);
  const record = readRecord(metaOf(splitter?.entry));
  if (record === undefined) return {};
  const filter = subsetsOf(resolver?.entry).get(record.canary);
  const lastVersion = filter === undefined ? undefined : versionOf(filter);
  const last = lastVersion === undefined ? {} : { lastVersion };
  const rollout = liveRecord(splitter);
  if (rollout === undefined) return last;
  const follows = (await store.readHistory(plan.service, rollout.id)).plans[rollout.plan]?.plan;
  const newVersion = follows?.on.newVersion ?? plan.on.newVersion;
  // A plan that leaves versions to the catalog is followed in its settled form: the same but for its subsets.
  const samePlan =
    rollout.plan === digest || (follows !== undefined && digestPlan({ ...follows, subsets: plan.subsets }) === digest);
  return { running: { rollout, samePlan, newVersion }, ...last };
}

/** What `version: auto` would mean for a rollout that began now, of the versions whose checks pass. */
async function findVersions(context: Context, sourced: SourcedPlan): Promise<{ newest?: string; stable?: string }> {
  const { plan } = sourced;
  const [seen, versions] = await Promise.all([
    observe(context, sourced),
    context.mesh.readVersions(plan.service, { passing: true }),
  ]);
  const settled = settleVersions(plan, seen, versions, false);
  if ('message' in settled) return {};
  const roles = findRoles(settled.plan, seen);
  if (isRefusal(roles)) return {};
  const versionIn = (subset: string): string | undefined => settled.plan.subsets.find(({ name }) => name === subset)?.version;
  const [newest, stable] = [versionIn(roles.canary), versionIn(roles.stable)];
  return { ...(newest === undefined ? {} : { newest }), ...(stable === undefined ? {} : { stable }) };
}

/** What `splitter start` does, in the name of the schedule; what it would tell a person goes to the log. */
async function startDetached(
  context: Context,
  flags: GlobalFlags,
  applied: SourcedPlan,
  id: string,
  why: string,
  log: Log,
): Promise<void> {
  const { service } = applied.plan;
  if ((await context.store.readPage(service, id)) !== undefined && (await isBegun(context, service, id))) return;
  const tell = (text: string): void => log.debug({ service, what: 'start' }, text.trim());
  // It is closed below, not when the controller ends.
  const io = { ...context.io, out: tell, err: tell, atEnd: () => undefined };
  const own = { ...createContext(flags, io), by: `schedule (${why})` };
  own.client.scopeTo(applied.plan);
  try {
    await (applied.plan.group === undefined ? startAlone(own, applied, id) : startWholeGroup(own, applied.plan.group.name));
  } finally {
    own.client.destroy();
  }
}

async function startAlone(own: Context, applied: SourcedPlan, id: string): Promise<void> {
  const { service } = applied.plan;
  const sourced = await settlePlan(own, applied, true);
  const first = findRoles(sourced.plan, await observe(own, sourced));
  await requirePermissions(own, permissionsToDrive(service, own, sourced.plan));
  const note = isRefusal(first) ? undefined : await requireOwnChecks(own, sourced, first, {});
  await makeRoom(own, sourced);
  requireReady(own, sourced, await observe(own, sourced));
  const driver = newDriverId('start', own.by);
  const lock = await takeLock(own, service, driver, 'start');
  await driveService(own, sourced, lock, driver, { kind: 'start', hold: 0, onInterrupt: 'hold', note, detach: true, id });
}

/** Members that begin on their own would wait for each other, so a group is begun as one. */
async function startWholeGroup(context: Context, name: string): Promise<void> {
  const group = await findGroupPlans(context, name);
  if (group === undefined)
    throw new CommandError(`not every plan of the group ${name} is applied`, 'apply the file of the group as a whole');
  await startGroup(context, group, { dryRun: false, skip: {} });
}

/** Whether this rollout has, or had, a record: an earlier try was made. */
async function isBegun(context: Context, service: string, id: string): Promise<boolean> {
  const { entry } = await context.mesh.readEntry('service-splitter', service);
  if (readRecord(metaOf(entry?.entry))?.id === id) return true;
  return (await context.store.readHistory(service, id)).entries.length > 0;
}
