import { baseWrites, splitterBaseWrite } from '../core/base.js';
import { RESOLVER_SETTLES } from '../core/begin.js';
import type { EntryWrite, StoredEntry } from '../core/entries.js';
import { entryOfKind, type Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { type Check, preflight } from '../core/preflight.js';
import { findRoles, isRefusal } from '../core/roles.js';
import type { Mesh, Picks, PlanStore, SourcedPlan } from '../ports.js';
import { countEverywhere } from './count-instances.js';
import { writeEntry } from './write-entry.js';

/** What applying a plan needs, all of it within the namespace, partition and datacenter of that plan. */
export interface ApplyParts {
  readonly mesh: Pick<Mesh, 'readEntries' | 'readEntry' | 'countInstances' | 'readElsewhere' | 'write'> & Picks;
  readonly store: Pick<PlanStore, 'savePlan'>;
  /** The plan with every `version: auto` told from the catalog; rejects with a message and a `hint` where one cannot be told. */
  readonly settle: (plan: SourcedPlan) => Promise<SourcedPlan>;
}

/** What a caller may want to show meanwhile. */
export interface ApplyOptions {
  /** Shows the writes and makes none. */
  readonly dryRun?: boolean;
  /** A check that did not pass, but stops nothing. */
  readonly onDoubt?: (check: Check) => void;
  /** A write that is about to be made, and the entry that it changes. */
  readonly onWrite?: (write: EntryWrite, before: StoredEntry | undefined) => void;
}

/** What came of it: the entries written and whether KV keeps a new plan, or the check that refused it before anything was written. */
export type Applied =
  | { readonly kind: 'applied'; readonly writes: number; readonly planSaved: boolean }
  | { readonly kind: 'refused'; readonly check: Check };

/** Brings the base of a plan in place in an order that fails no request (protocol, subsets, a second for the sidecars, then the splitter at 100/0), then keeps the plan. Twice changes nothing. */
export async function applyPlan(unsettled: SourcedPlan, parts: ApplyParts, options: ApplyOptions = {}): Promise<Applied> {
  const { mesh, store } = parts;
  const { plan } = await parts.settle(unsettled);
  const first = await observeOnce(mesh, plan);
  const roles = findRoles(plan, first);
  const done = isRefusal(roles) && baseWrites(plan, first).length === 0 && first.splitter !== undefined;
  for (const check of preflight(plan, first, roles)) {
    // Nothing moves yet, so canary may come to a datacenter afterwards.
    const forgiven = check.name === 'stable' || check.name === 'datacenters' || (check.name === 'roles' && done);
    if (check.verdict === 'failed' && !forgiven) return { kind: 'refused', check };
    if (check.verdict !== 'ok' && !(done && check.name === 'roles')) options.onDoubt?.(check);
  }
  let writes = 0;
  for (let seen = first; ; seen = await observeOnce(mesh, plan)) {
    const base = baseWrites(plan, seen)[0];
    const settled = base === undefined && !isRefusal(roles);
    if (settled && writes > 0 && seen.splitter === undefined && options.dryRun !== true)
      await new Promise((resolve) => setTimeout(resolve, RESOLVER_SETTLES));
    const pending: readonly EntryWrite[] = options.dryRun
      ? [...baseWrites(plan, seen), ...(isRefusal(roles) ? [] : splitterBaseWrite(plan, seen, roles))]
      : base !== undefined
        ? [base]
        : settled
          ? splitterBaseWrite(plan, seen, roles)
          : [];
    for (const write of pending) options.onWrite?.(write, entryOfKind(seen, write.kind));
    if (pending.length === 0 || options.dryRun) break;
    for (const write of pending) if ((await writeEntry(mesh, write)) === 'written') writes++;
  }
  return { kind: 'applied', writes, planSaved: options.dryRun ? false : await store.savePlan(unsettled) };
}

/** The service as the plan's subsets divide it, read once. */
export async function observeOnce(
  mesh: Pick<Mesh, 'readEntries' | 'countInstances' | 'readElsewhere'> & Picks,
  { service, subsets, datacenters }: Plan,
): Promise<Observation> {
  const [entries, picks] = await Promise.all([mesh.readEntries(service), mesh.readPicks(service, subsets)]);
  const counted = await countEverywhere(mesh, service, subsets, entries.resolver, datacenters);
  return { ...entries, resolverSince: 0, ...counted, picks, agreement: 'unknown', findings: [] };
}
