import { applyPlan, observeOnce } from '../controller/apply-plan.js';
import { isReserving } from '../core/auto.js';
import { baseWrites, splitterBaseWrite } from '../core/base.js';
import {
  defaultsEntry,
  type Entry,
  type EntryWrite,
  metaOf,
  protocolOf,
  resolverEntry,
  splitterEntry,
  withoutServerFields,
} from '../core/entries.js';
import { entryOfKind, type Observation } from '../core/observation.js';
import { preflight } from '../core/preflight.js';
import { readRecord } from '../core/record.js';
import { findRoles, isRefusal, type Roles } from '../core/roles.js';
import { isFinal } from '../core/rollout.js';
import { renderWrites, type ShownWrite } from '../view/changes.js';
import { oneLine } from '../view/style.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { describeCheck } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { asGroup } from './group-source.js';
import { type CommandIo, printJson } from './io.js';
import { readFreeze } from './look.js';
import { pickWritten, readPlans, type SourcedPlan, settleBase } from './plan-source.js';
import { previewDocument, previewRollout } from './preview.js';
import { savedPlan, writeSavedPlan } from './saved-plan.js';
import type { VariableFlags } from './variables.js';

/** Flags of `splitter plan`. */
export interface PlanFlags extends GlobalFlags, VariableFlags {
  readonly entries?: boolean | string;
  readonly detailedExitcode?: boolean;
  readonly out?: string;
}

/** `splitter plan FILE`: every write that the plan would make, in order, as a diff; exit 1 where a start would be refused. Writes nothing. */
export async function plan(file: string, flags: PlanFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const all = await readPlans(context, file, flags);
  const members = asGroup(all)?.members ?? [pickWritten(context, all, file)];
  if (flags.out !== undefined && members.length > 1)
    throw new CommandError(
      'a group is saved one service at a time',
      `splitter plan ${file}   shows it;   splitter apply ${file}   applies it`,
    );
  const shown: object[] = [];
  let changes = false;
  let refused = false;
  for (const member of members) {
    const one = await planOne(context, file, member, flags);
    if (one === undefined) continue;
    shown.push(one.json);
    changes ||= one.changes;
    refused ||= one.refused;
  }
  const group = members[0]?.plan.group;
  if (context.json && shown.length > 0)
    printJson(io, members.length === 1 || group === undefined ? shown[0]! : { group: group.name, services: shown });
  // What a start would refuse is no plan, whatever else would change.
  if (refused) return EXIT.error;
  return flags.detailedExitcode === true && changes ? EXIT.changes : EXIT.done;
}

/** Shows what one plan would write; undefined where only entries were asked for. */
async function planOne(
  context: Context,
  file: string,
  written: SourcedPlan,
  flags: PlanFlags,
): Promise<{ readonly json: object; readonly changes: boolean; readonly refused: boolean } | undefined> {
  const { io } = context;
  context.client.scopeTo(written.plan);
  const sourced = await settleBase(context, written);
  const seen = await observe(context, sourced);
  const roles = findRoles(sourced.plan, seen);
  if (flags.entries !== undefined && flags.entries !== false) {
    printEntries(context, sourced, seen, roles, flags.entries);
    return undefined;
  }
  const record = readRecord(metaOf(seen.splitter?.entry));
  const live = record !== undefined && !isFinal(record);
  const checks = preflight(sourced.plan, seen, roles, live ? undefined : context.clock.now());
  for (const check of checks) if (check.verdict !== 'ok') io.err(describeCheck(check));
  const failed = checks.filter(({ verdict }) => verdict === 'failed');
  if (flags.out !== undefined) await keep(context, file, flags.out, written, seen);
  const refused = failed.length > 0;
  const writes = refused ? [] : shownWrites(context, sourced, seen, roles, live);
  if (live)
    io.err(
      `A rollout of ${sourced.plan.service} is ${record.state.phase} at step ${record.state.step + 1}: ${oneLine(record.message)}\n`,
    );
  if (refused) {
    io.err(`${sourced.plan.service}: a start would be refused, so nothing would be written.\n`);
    const why = failed.map(({ name, message, hint }) => ({ name, message, hint: hint ?? null }));
    return { json: { ...previewDocument(sourced, writes), refused: why }, changes: false, refused };
  }
  if (!context.json)
    io.out(`${sourced.plan.group === undefined ? '' : `${sourced.plan.service}\n`}${renderWrites(writes, io.style)}`);
  return { json: previewDocument(sourced, writes), changes: writes.length > 0, refused };
}

/** Keeps what `apply` would do now in a file, for it to do exactly that later; refuses where it would. */
async function keep(context: Context, file: string, out: string, written: SourcedPlan, seen: Observation): Promise<void> {
  const { io, mesh, store, clock } = context;
  const writes: EntryWrite[] = [];
  const applied = await applyPlan(
    written,
    { mesh, store, settle: (plan) => settleBase(context, plan) },
    { dryRun: true, onWrite: (write) => writes.push(write) },
  );
  if (applied.kind === 'refused') {
    const { name, message, hint } = applied.check;
    throw new CommandError(`${message} [${name}]. Nothing was saved`, hint ?? `splitter doctor ${written.plan.service}`);
  }
  await writeSavedPlan(out, savedPlan(written, seen, writes, clock.now()));
  const count = `${writes.length} ${writes.length === 1 ? 'write' : 'writes'}`;
  io.err(
    `${out} keeps what comes first: ${count} of subsets and protocol, with all traffic on stable; the weights follow at splitter start ${file}\n  -> splitter apply ${out}\n`,
  );
}

/** The service as the plan's subsets divide it, and the freeze. */
export async function observe(context: Context, { plan }: SourcedPlan): Promise<Observation> {
  const [seen, freeze] = await Promise.all([observeOnce(context.mesh, plan), readFreeze(context)]);
  return { ...seen, ...freeze };
}

function shownWrites(
  context: Context,
  sourced: SourcedPlan,
  seen: Observation,
  roles: ReturnType<typeof findRoles>,
  live: boolean,
): readonly ShownWrite[] {
  const { plan: wanted } = sourced;
  if (live || isRefusal(roles) || isReserving(wanted)) {
    // With nothing to try yet, what runs today becomes stable, and no step follows.
    const splitter = live || isRefusal(roles) ? [] : splitterBaseWrite(wanted, seen, roles);
    return [...baseWrites(wanted, seen), ...splitter].map((write) => ({ write, before: entryOfKind(seen, write.kind) }));
  }
  return previewRollout(context, sourced, seen, roles);
}

/** The entries of the base, whole, one JSON document a line: each line is what `consul config write -` takes. */
function printEntries(
  context: Context,
  { plan: wanted }: SourcedPlan,
  seen: Observation,
  roles: Roles | ReturnType<typeof findRoles>,
  only: string | true,
): void {
  const { service, protocol, subsets } = wanted;
  const keep = (stored: Observation['splitter']): Entry[] => (stored === undefined ? [] : [withoutServerFields(stored.entry)]);
  const defaults =
    protocol === undefined || protocolOf(seen.defaults?.entry) === protocol
      ? keep(seen.defaults)
      : [defaultsEntry(seen.defaults, service, protocol)];
  const splitter = isRefusal(roles) ? keep(seen.splitter) : [splitterEntry(seen.splitter, service, roles.legs, undefined)];
  const entries = [...defaults, resolverEntry(seen.resolver, service, subsets), ...splitter].filter(
    (entry) => only === true || entry.Kind === only,
  );
  for (const entry of entries) context.io.out(`${JSON.stringify(entry)}\n`);
}
