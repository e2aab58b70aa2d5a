import { baseWrites, splitterBaseWrite } from '../core/base.js';
import { RESOLVER_SETTLES } from '../core/begin.js';
import type { EntryWrite } from '../core/entries.js';
import { entryOfKind } from '../core/observation.js';
import { preflight } from '../core/preflight.js';
import { findRoles, isRefusal } from '../core/roles.js';
import { renderWrites } from '../view/changes.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { describeCheck } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';
import { observe } from './plan.js';
import { type SourcedPlan, settlePlan } from './plan-source.js';
import { reportDiagnostics } from './report-diagnostics.js';

/** `splitter apply PATH…`: writes the base of each plan (protocol, subsets, then the splitter at 100/0) and keeps the plan in KV. Twice changes nothing. */
export async function apply(
  paths: readonly string[],
  flags: GlobalFlags & { readonly dryRun?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  const { loadPlans } = await import('../plan/load.js');
  const { plans, diagnostics } = await loadPlans(paths, () => io.readStdin());
  if (await reportDiagnostics(io, diagnostics))
    throw new CommandError(
      'not every plan is valid; nothing was written',
      `splitter validate ${paths.join(' ')}`,
      EXIT.planInvalid,
    );
  const applied = [];
  for (const { plan, digest, file } of plans)
    applied.push(await applyPlan(context, { plan, digest, source: file }, flags.dryRun === true));
  if (context.json) printJson(io, { applied });
  return EXIT.done;
}

async function applyPlan(
  context: Context,
  unsettled: SourcedPlan,
  dryRun: boolean,
): Promise<{ readonly service: string; readonly writes: number; readonly planSaved: boolean }> {
  const { io, mesh, store } = context;
  context.client.scopeTo(unsettled.plan);
  const sourced = await settlePlan(context, unsettled);
  const { plan } = sourced;
  const first = await observe(context, sourced);
  const roles = findRoles(plan, first);
  const done = isRefusal(roles) && baseWrites(plan, first).length === 0 && first.splitter !== undefined;
  for (const check of preflight(plan, first, roles)) {
    const forgiven = check.name === 'stable' || (check.name === 'roles' && done);
    if (check.verdict === 'failed' && !forgiven)
      throw new CommandError(
        `${check.message} [${check.name}]. Nothing was written`,
        check.hint ?? `splitter doctor ${plan.service}`,
      );
    if (check.verdict !== 'ok' && !(done && check.name === 'roles')) io.err(describeCheck({ ...check, verdict: 'warning' }));
  }
  let writes = 0;
  for (let seen = first; ; seen = await observe(context, sourced)) {
    const base = baseWrites(plan, seen)[0];
    const settled = base === undefined && !isRefusal(roles);
    if (settled && writes > 0 && seen.splitter === undefined && !dryRun)
      await new Promise((resolve) => setTimeout(resolve, RESOLVER_SETTLES));
    const pending: readonly EntryWrite[] = dryRun
      ? [...baseWrites(plan, seen), ...(isRefusal(roles) ? [] : splitterBaseWrite(plan, seen, roles))]
      : base !== undefined
        ? [base]
        : settled
          ? splitterBaseWrite(plan, seen, roles)
          : [];
    if (!context.json)
      for (const write of pending)
        io.out(
          renderWrites(
            [
              {
                write,
                before: entryOfKind(seen, write.kind),
              },
            ],
            io.style,
          ).replace(/^Plan:.*\n/m, ''),
        );
    if (pending.length === 0 || dryRun) break;
    for (const write of pending) if ((await mesh.write(write)) === 'written') writes++;
  }
  const planSaved = dryRun ? false : await store.savePlan(unsettled);
  if (!context.json)
    io.err(
      `${plan.service}: ${dryRun ? 'nothing was written (dry run)' : writes === 0 && !planSaved ? 'nothing to do: applied already' : `applied: ${writes} ${writes === 1 ? 'entry' : 'entries'} written${planSaved ? ', plan kept' : ''}`}\n`,
    );
  return { service: plan.service, writes, planSaved };
}
