import { setTimeout as sleep } from 'node:timers/promises';
import { ulid } from 'ulid';
import { countEverywhere } from '../controller/count-instances.js';
import { writeEntry } from '../controller/write-entry.js';
import { RESOLVER_SETTLES } from '../core/begin.js';
import { splitterWrite } from '../core/decision.js';
import { subsetsOf } from '../core/entries.js';
import { lastKnown } from '../core/history.js';
import { serving } from '../core/observation.js';
import type { Plan, Subset } from '../core/plan.js';
import { isFinal, type Rollout } from '../core/rollout.js';
import { findWayBack, goBack, type WayBack } from '../core/verbs/go-back.js';
import { undo } from '../core/verbs/undo.js';
import { compareVersions, versionFilter, versionOf } from '../core/versions.js';
import { digestPlan } from '../plan/digest.js';
import { type Acted, act, finish, planOfNone, writeRecord } from './act.js';
import type { Context } from './context.js';
import { newDriverId, takeLock } from './drive-service.js';
import { CommandError } from './exit.js';
import { type Look, lookAt } from './look.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';

const TRIES = 50;
const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

/** Takes all users back to an earlier version that still runs, named by itself or by the rollout that it came from: in one write, after its subset is known where that has to be made first. */
export async function undoTo(context: Context, service: string, to: string): Promise<Acted> {
  await requirePermissions(context, permissionsToDrive(service, context));
  const wanted = await findVersion(context, service, to);
  const driver = newDriverId('undo', context.by);
  const lock = await takeLock(context, service, driver, 'undo');
  try {
    const acted = await goThere(context, service, wanted);
    const rollout = acted.changed ? await finish(context, service, driver) : acted.rollout;
    await warnOfPlan(context, service);
    return { ...acted, rollout };
  } finally {
    await lock.release().catch(() => undefined);
  }
}

type Wanted = Omit<Subset, 'name'>;

/** The instances that are meant: those of a version, or those that users were on when a rollout had ended. */
async function findVersion({ store }: Context, service: string, to: string): Promise<Wanted> {
  if (!ULID.test(to)) return { filter: versionFilter(to), version: to };
  const history = await store.readHistory(service, to);
  const rollout = lastKnown(history);
  if (rollout === undefined)
    throw new CommandError(`${service} has no rollout ${to}. Nothing was written`, `splitter history ${service} --all`);
  if (!isFinal(rollout))
    throw new CommandError(
      `rollout ${to} of ${service} is ${rollout.state.phase}, so it left users on no version yet. Nothing was written`,
      `splitter abort ${service}   takes it back`,
    );
  const name = rollout.state.phase === 'Promoted' ? rollout.canary : rollout.stable;
  const filter = rollout.adopted[name] ?? history.plans[rollout.plan]?.plan.subsets.find((one) => one.name === name)?.filter;
  if (filter === undefined)
    throw new CommandError(
      `the log of rollout ${to} does not say which instances ${name} was. Nothing was written`,
      `splitter undo ${service} --to VERSION`,
    );
  const version = versionOf(filter);
  return version === undefined ? { filter } : { filter, version };
}

async function goThere(context: Context, service: string, wanted: Wanted): Promise<Acted> {
  const { mesh, clock } = context;
  let settled = Number.NEGATIVE_INFINITY;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const look = await lookAt(context, service);
    const last = look.rollout ?? look.remembered;
    requireAlone(service, last);
    const way = findWayBack(service, look.seen, last, wanted);
    if (way.kind === 'refused') throw new CommandError(`${way.message}. Nothing was written`, way.hint);
    const says = wanted.version ?? wanted.filter;
    if (way.kind === 'there') return nothing(look, `users of ${service} are on ${says} (${way.subset}) already`);
    await requireRunning(context, look, way.to);
    if (way.write === undefined && isUndo(look, way))
      return act(context, service, (rollout, verbContext) => undo(rollout, verbContext, Number.POSITIVE_INFINITY));
    if (way.write !== undefined) {
      context.io.err(`${way.write.why}; giving the sidecars a second to learn it\n`);
      await writeEntry(mesh, way.write);
      settled = clock.now() + RESOLVER_SETTLES;
      continue;
    }
    await sleep(Math.max(0, settled - clock.now()));
    const rollout = await writeBack(context, look, last, way);
    if (rollout !== undefined) return { rollout, changed: true, message: rollout.message };
  }
  throw new CommandError(`the entries of ${service} were changed by others ${TRIES} times`, `splitter status ${service}`);
}

/** Whether it is the last promotion that is taken back: then its own record says so. */
function isUndo({ rollout, plan }: Look, { to }: WayBack): boolean {
  if (rollout?.state.phase !== 'Promoted' || rollout.stable !== to.name) return false;
  return plan?.plan.subsets.find(({ name }) => name === to.name)?.filter === to.filter;
}

/** The one write that moves the users; undefined when somebody was faster. */
async function writeBack(context: Context, look: Look, last: Rollout | undefined, way: WayBack): Promise<Rollout | undefined> {
  const { service, seen } = look;
  const { clock, by, store } = context;
  const plan = await planOf(context, look, way);
  const beginning = { id: ulid(), plan: digestPlan(plan), driver: '', by };
  await store.recordPlan(service, beginning.id, beginning.plan, plan, `undo to ${way.to.version ?? way.to.filter}`);
  const owes = plan.hooks?.after_revert === undefined ? [] : (['after_revert'] as const);
  const rollout = goBack(way, seen, last, beginning, owes, clock.now());
  const write = splitterWrite(seen, service, rollout, true);
  return (await writeRecord(context, look, write, rollout)) === 'written' ? rollout : undefined;
}

/** The plan that the record names: the last one, with the subsets as they are now. */
async function planOf({ store }: Context, { service, seen, plan }: Look, way: WayBack): Promise<Plan> {
  const { group: _, waves: __, ...base } = plan?.plan ?? (await store.readPlan(service))?.plan ?? planOfNone(service);
  const known = subsetsOf(seen.resolver?.entry);
  const subset = (name: string): Subset => {
    const filter = name === way.to.name ? way.to.filter : (known.get(name) ?? '');
    const version = versionOf(filter);
    return { name, filter, ...(version === undefined ? {} : { version }) };
  };
  const others = base.subsets.filter(({ name }) => name !== way.to.name && name !== way.from);
  return { ...base, subsets: [subset(way.to.name), subset(way.from), ...others], stable: way.to.name };
}

function requireAlone(service: string, last: Rollout | undefined): void {
  if (last?.group === undefined && last?.wave === undefined) return;
  const of = last.group === undefined ? 'was rolled out in waves' : `is a member of the group ${last.group}`;
  throw new CommandError(
    `${service} ${of}, and --to moves one service at one place. Nothing was written`,
    `splitter undo ${last.group ?? service}`,
  );
}

/** All traffic goes there at once, so somebody has to be there. */
async function requireRunning({ mesh }: Context, { service, seen }: Look, to: Subset): Promise<void> {
  const { instances } = await countEverywhere(mesh, service, [to], seen.resolver);
  if (serving(instances[to.name]) > 0) return;
  const running = [...new Set(await mesh.readVersions(service, { passing: true }))].sort(compareVersions).join(', ');
  throw new CommandError(
    `no instance of ${to.version ?? to.filter} is ready, so all traffic would fail (passing: ${running || 'none'}). Nothing was written`,
    `deploy ${service} with Meta { version = "${to.version ?? '…'}" }, then type this again;   splitter subsets ${service}`,
  );
}

function nothing({ rollout, remembered, service }: Look, message: string): Acted {
  const last = rollout ?? remembered;
  if (last === undefined) throw new CommandError(`${message}; nothing to do`, `splitter subsets ${service}`);
  return { rollout: last, changed: false, message };
}

/** The next start follows the applied plan, and that would be refused where it says otherwise of the subset that users are on now. */
async function warnOfPlan({ store, mesh, io }: Context, service: string): Promise<void> {
  const applied = await store.readPlan(service).catch(() => undefined);
  if (applied === undefined) return;
  const known = subsetsOf((await mesh.readEntry('service-resolver', service)).entry?.entry);
  const other = applied.plan.subsets.find(({ name, filter }) => filter !== '' && known.has(name) && known.get(name) !== filter);
  if (other === undefined) return;
  io.err(
    `The applied plan (${applied.source}) says ${other.name} is ${other.version ?? other.filter}, which it is no more: change it before the next start.\n`,
  );
}
