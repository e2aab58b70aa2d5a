import { observeOnce } from '../controller/apply-plan.js';
import { writeEntry } from '../controller/write-entry.js';
import { RESOLVER_SETTLES } from '../core/begin.js';
import { entryOfKind } from '../core/observation.js';
import { renderWrites } from '../view/changes.js';
import type { Context } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { printJson } from './io.js';
import { permissionsToApply, requirePermissions } from './require-permissions.js';
import { findStale, type SavedPlan } from './saved-plan.js';

/** `splitter apply` of a saved plan: exactly its writes, each by the index that it was computed at, or none at all when an entry has changed since. On a terminal it asks first. */
export async function applySaved(context: Context, saved: SavedPlan, file: string, dryRun: boolean): Promise<ExitCode> {
  const { io, mesh, store, json } = context;
  const { service, writes, plan } = saved;
  context.client.scopeTo(plan.plan);
  if (!dryRun) await requirePermissions(context, permissionsToApply(service, context));
  const seen = await observeOnce(mesh, { ...plan.plan, subsets: [] });
  const stale = findStale(saved, seen);
  const anew = `splitter plan ${plan.source} --out ${file}`;
  if (stale !== undefined)
    throw new CommandError(
      `${file} is stale: ${stale.entry} ${describeChange(stale)} since it was planned at ${saved.plannedAt}. Nothing was written`,
      `${anew}   then look at it and apply it`,
    );
  if (!json)
    io.out(
      renderWrites(
        writes.map((write) => ({ write, before: entryOfKind(seen, write.kind) })),
        io.style,
      ),
    );
  if (!dryRun) {
    if (
      !json &&
      writes.length > 0 &&
      io.ask !== undefined &&
      !/^y(es)?$/i.test((await io.ask('Apply exactly this? (yes/no) '))?.trim() ?? '')
    )
      throw new CommandError('not applied: the answer was not yes', `splitter apply ${file}`);
    let made = 0;
    for (const write of writes) {
      // The sidecars need the resolver's subsets before a splitter names them.
      if (made > 0 && write.kind === 'service-splitter') await new Promise((resolve) => setTimeout(resolve, RESOLVER_SETTLES));
      if ((await writeEntry(mesh, write)) !== 'written')
        throw new CommandError(
          `${write.kind}/${service} was changed by somebody else just now; ${made} of ${writes.length} writes were made`,
          `${anew}   shows what is left`,
        );
      made++;
    }
  }
  const planSaved = dryRun ? false : await store.savePlan(plan);
  if (json) printJson(io, { applied: [{ service, writes: dryRun ? 0 : writes.length, planSaved }] });
  else
    io.err(
      `${service}: ${dryRun ? 'nothing was written (dry run)' : `applied as planned: ${writes.length} ${writes.length === 1 ? 'entry' : 'entries'} written${planSaved ? ', plan kept' : ''}`}\n`,
    );
  return EXIT.done;
}

function describeChange({ then, now }: { readonly then: number; readonly now: number }): string {
  if (then === 0) return `was made (index ${now})`;
  return now === 0 ? 'was deleted' : `changed (index ${then} then, ${now} now)`;
}
