import { ConsulError } from '../consul/errors.js';
import { type Counted, countEverywhere, countedFor } from '../controller/count-instances.js';
import { metaOf, subsetsOf } from '../core/entries.js';
import { type History, lastKnown } from '../core/history.js';
import type { Observation } from '../core/observation.js';
import type { Plan, Subset } from '../core/plan.js';
import { readRecord } from '../core/record.js';
import { isFinal, type Rollout } from '../core/rollout.js';
import type { Freeze } from '../core/schedule/freeze.js';
import type { Entries } from '../ports.js';
import type { Context } from './context.js';

/** One service as a command finds it: entries, instances, the rollout of its record (or, if somebody overwrote that, the last one logged), and its plan. */
export interface Look {
  readonly service: string;
  readonly seen: Observation;
  readonly rollout: Rollout | undefined;
  /** The record is in the splitter; false when it is only remembered by the log. */
  readonly recorded: boolean;
  /** What the log last knew, where somebody dropped the record: for an abort, which must work even then. */
  readonly remembered: Rollout | undefined;
  readonly history: History | undefined;
  readonly plan: { readonly plan: Plan; readonly source: string } | undefined;
}

const NOTHING_COUNTED: Counted = { instances: {} };

/** How much is looked at besides the entries and the log: instances and freeze, only instances and those where they can be read at once, or neither. */
export type Depth = 'all' | 'readable' | 'entries';

/** Looks at a service: one round trip for the entries, one for the rest. */
export async function lookAt(context: Context, service: string, depth: Depth = 'all'): Promise<Look> {
  const entries = await context.mesh.readEntries(service);
  const record = entries.splitter === undefined ? undefined : readRecord(metaOf(entries.splitter.entry));
  const [history, counted, freeze] = await Promise.all([
    readHistory(context, service, record?.id),
    depth === 'entries' ? NOTHING_COUNTED : countDeep(context, service, entries, depth),
    depth === 'all' ? readFreeze(context) : {},
  ]);
  const remembered = record === undefined && history !== undefined ? lastKnown(history) : undefined;
  const rollout = record ?? (remembered !== undefined && !isFinal(remembered) ? remembered : undefined);
  const plan = history?.plans[(rollout ?? remembered)?.plan ?? ''];
  const bare = { ...entries, ...freeze, ...countedFor(counted, plan?.plan.datacenters) };
  const seen: Observation = { ...bare, resolverSince: 0, agreement: 'unknown', findings: [] };
  return { service, seen, rollout, recorded: record !== undefined, remembered, history, plan };
}

/** Taking traffic back waits no longer than this to learn whether there is anybody to go back to, ms. */
const SOON = 2_000;

async function countDeep(context: Context, service: string, entries: Entries, depth: Depth): Promise<Counted> {
  const soon = depth === 'readable' ? AbortSignal.timeout(SOON) : undefined;
  try {
    return await countEverywhere(context.mesh, service, subsetsIn(entries), entries.resolver, undefined, soon);
  } catch (error) {
    if (depth === 'all' || !(error instanceof ConsulError)) throw error;
    context.io.err(`Warning: whether ${service} has an instance to go back to is not known: ${error.message}\n`);
    return NOTHING_COUNTED;
  }
}

/** What the switch that stops all advances says, as a part of an observation; where it cannot be read, a warning says so. */
export async function readFreeze(context: Context): Promise<{ readonly freeze?: Freeze }> {
  try {
    const { freeze } = await context.freeze.readFreeze();
    return freeze === undefined ? {} : { freeze };
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    context.io.err(`Warning: whether there is a freeze cannot be read: ${error.message}\n`);
    return {};
  }
}

/** The subsets of a resolver, with their filters. */
export function subsetsIn(entries: Entries): readonly Subset[] {
  return [...subsetsOf(entries.resolver?.entry)].map(([name, filter]) => ({ name, filter }));
}

async function readHistory(context: Context, service: string, rollout: string | undefined): Promise<History | undefined> {
  try {
    const id = rollout ?? (await context.store.listRollouts(service)).at(-1);
    return id === undefined ? undefined : await context.store.readHistory(service, id);
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    context.io.err(`Warning: the decision log cannot be read: ${error.message}\n`);
    return undefined;
  }
}
