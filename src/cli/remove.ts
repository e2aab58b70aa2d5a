import { setTimeout as sleep } from 'node:timers/promises';
import { writeEntry } from '../controller/write-entry.js';
import { afterWrite } from '../core/after-write.js';
import { type EntryWrite, type StoredEntry, storedLegs } from '../core/entries.js';
import type { Instance } from '../core/instances.js';
import { ownLegs } from '../core/legs.js';
import { entryOfKind, type Observation } from '../core/observation.js';
import { isOurs, mentionsOf, removalWrite, SPLIT_OUTLIVES, whyKept } from '../core/removal.js';
import { stableNow } from '../core/roles.js';
import { isFinal } from '../core/rollout.js';
import { routeWrite } from '../core/route.js';
import { renderWrites } from '../view/changes.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { newDriverId, takeLock } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';
import { type Look, lookAt, subsetsIn } from './look.js';
import { permissionsToRemove, requirePermissions } from './require-permissions.js';

/** Flags of `splitter remove`. */
export interface RemoveFlags extends GlobalFlags {
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

const TRIES = 50;

/** `splitter remove SERVICE`: takes the split of a service away (default subset, splitter, two seconds, subsets) and forgets its plan; the decision log stays. */
export async function remove(service: string, flags: RemoveFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  if (flags.dryRun !== true) await requirePermissions(context, permissionsToRemove(service, context));
  const look = await lookAt(context, service);
  const subsets = requireRemovable(look);
  await requireUnnamed(context, look, subsets);
  const writes = removalWrites(service, look.seen, subsets);
  if (writes.length > 0) await requireOneVersion(context, look, flags.force === true);
  const applied = await context.store.readPlan(service);
  if (!context.json && writes.length > 0) io.out(renderWrites(writes, io.style));
  const asked = flags.dryRun !== true && !context.json && writes.length > 0 ? io.ask : undefined;
  if (asked !== undefined && !/^y(es)?$/i.test((await asked(`Take the split of ${service} away? (yes/no) `))?.trim() ?? ''))
    throw new CommandError('not removed: the answer was not yes', `splitter remove ${service}`);
  if (flags.dryRun === true) {
    if (context.json) printJson(io, { service, removed: [], wouldWrite: writes.map(({ write }) => write) });
    else io.err(`${service}: nothing was written (dry run)\n`);
    return EXIT.done;
  }
  const lock = await takeLock(context, service, newDriverId('remove', context.by), 'remove');
  try {
    // Somebody may have begun a rollout since; from here on the lock keeps others from it.
    requireRemovable(await lookAt(context, service));
    // A controller begins what the plan's schedule says, so the plan goes first.
    const forgotten = await context.store.forgetPlan(service, () => true);
    const made = await writeAll(context, service, subsets);
    report(context, service, made, forgotten ? applied?.source : undefined);
  } finally {
    await lock.release().catch(() => undefined);
  }
  return EXIT.done;
}

/** The subsets that are splitter's to take away; ends with exit 1 while a rollout is under way, or where the entries are not splitter's alone. */
function requireRemovable({ service, seen, rollout, remembered, plan }: Look): readonly string[] {
  if (rollout !== undefined && !isFinal(rollout))
    throw new CommandError(
      `a rollout of ${service} is under way (${rollout.state.phase}): its split is in use. Nothing was written`,
      `splitter abort ${service}   or   splitter promote ${service} --full,   then type this again`,
    );
  if (seen.splitter !== undefined && !isOurs(seen.splitter))
    throw new CommandError(
      `service-splitter/${service} was not written by splitter (no external-source in its Meta). Nothing was written`,
      `consul config delete -kind service-splitter -name ${service}`,
    );
  const last = rollout ?? remembered;
  const legs = ownLegs(storedLegs(seen, service)).map(({ subset }) => subset);
  const planned = (plan?.plan.subsets ?? []).map(({ name }) => name);
  const named = [...legs, ...(last === undefined ? [] : [last.stable, last.canary]), ...planned].filter((name) => name !== '');
  const subsets = [...new Set(named)];
  const kept = whyKept(service, seen, subsets);
  if (kept !== undefined)
    throw new CommandError(`${kept}. Nothing was written`, `splitter export ${service}   shows the entries`);
  return subsets;
}

/** Ends with exit 1 when an entry of anybody names one of the subsets: Consul would refuse to let them go halfway. */
async function requireUnnamed({ mesh }: Context, { service, seen }: Look, subsets: readonly string[]): Promise<void> {
  const kinds = ['service-router', 'service-splitter', 'service-resolver'] as const;
  const lists = await Promise.all(kinds.map(async (kind) => (await mesh.listEntries(kind)).entries));
  // Routes of our own go before the subsets do.
  const route = routeWrite(service, seen, []);
  const others = lists.flat().filter(({ entry }) => route === undefined || entry.Kind !== route.kind || entry.Name !== service);
  const left: readonly StoredEntry[] = route?.entry === undefined ? [] : [{ entry: route.entry, modifyIndex: 0 }];
  const mentions = mentionsOf(service, subsets, [...others, ...left]);
  if (mentions.length === 0) return;
  throw new CommandError(
    `${mentions.join(', ')} ${mentions.length === 1 ? 'sends' : 'send'} traffic to subsets of ${service} by name. Nothing was written`,
    `consul config read -kind ${mentions[0]?.replace('/', ' -name ')}   and take ${subsets.join(', ')} out of it`,
  );
}

/** Ends with exit 1 when instances serve that stable does not pick: without the split they would get users. With `force` it is only said. */
async function requireOneVersion(context: Context, { service, seen, rollout, remembered }: Look, force: boolean): Promise<void> {
  const stable = stableNow(service, seen, rollout ?? remembered);
  const filter = subsetsIn(seen).find(({ name }) => name === stable)?.filter;
  const [all, own] = await Promise.all([
    context.mesh.listInstances(service),
    filter === undefined ? [] : context.mesh.listInstances(service, { filter }),
  ]);
  const known = new Set(own.map(keyOf));
  const others = all.filter((one) => one.status !== 'critical' && !known.has(keyOf(one)));
  if (others.length === 0) return;
  const versions = [...new Set(others.map(({ version }) => version ?? 'without a version'))].join(', ');
  const says = `${others.length} ${others.length === 1 ? 'instance serves' : 'instances serve'} beside ${stable ?? 'stable'} (${versions}): without the split users reach ${others.length === 1 ? 'it' : 'them'} too`;
  if (!force)
    throw new CommandError(
      `${says}. Nothing was written`,
      `stop ${others.length === 1 ? 'it' : 'them'} and type this again, or splitter remove ${service} --force`,
    );
  context.io.err(`Warning: ${says}, as --force says\n`);
}

function keyOf({ node, id }: Instance): string {
  return `${node}/${id}`;
}

interface Made {
  readonly write: EntryWrite;
  readonly before: StoredEntry | undefined;
}

/** Every write of a removal that nobody disturbs, in order. */
function removalWrites(service: string, seen: Observation, subsets: readonly string[]): readonly Made[] {
  const made: Made[] = [];
  let world = seen;
  for (let write = removalWrite(service, world, subsets); write !== undefined; write = removalWrite(service, world, subsets)) {
    made.push({ write, before: entryOfKind(world, write.kind) });
    world = afterWrite(world, write, service, 0);
  }
  return made;
}

async function writeAll({ mesh, io }: Context, service: string, subsets: readonly string[]): Promise<readonly EntryWrite[]> {
  const made: EntryWrite[] = [];
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const write = removalWrite(service, { ...(await mesh.readEntries(service)), ...NOTHING_SEEN }, subsets);
    if (write === undefined) return made;
    if (made.at(-1)?.kind === 'service-splitter') {
      io.err(`giving the sidecars ${SPLIT_OUTLIVES / 1_000} seconds to forget the split before its subsets go\n`);
      await sleep(SPLIT_OUTLIVES);
    }
    if ((await writeEntry(mesh, write)) === 'written') made.push(write);
  }
  throw new CommandError(
    `the entries of ${service} were changed by others ${TRIES} times; ${made.length} writes were made`,
    `splitter remove ${service}`,
  );
}

const NOTHING_SEEN = { resolverSince: 0, instances: {}, agreement: 'unknown', findings: [] } as const;

function report({ io, json }: Context, service: string, made: readonly EntryWrite[], source: string | undefined): void {
  const removed = made.map(({ kind, entry }) => ({
    entry: `${kind}/${service}`,
    what: entry === undefined ? 'deleted' : 'changed',
  }));
  if (json) {
    printJson(io, { service, removed, planForgotten: source ?? null });
    return;
  }
  if (removed.length === 0 && source === undefined) {
    io.err(`Nothing to do: nothing of splitter's stands in the entries of ${service}\n`);
    return;
  }
  io.err(
    `Removed the split of ${service}: ${removed.map(({ entry, what }) => `${entry} ${what}`).join(', ') || 'no entry was left'}.\n`,
  );
  if (source !== undefined)
    io.err(
      `Its plan (${source}) is forgotten; a controller that follows a directory with that file applies it again, so take it out there too.\n`,
    );
  io.err(`service-defaults/${service} is left as it is, and so is the decision log.\n  -> splitter history ${service}\n`);
}
