import { applyPlan } from '../controller/apply-plan.js';
import { renderWrites } from '../view/changes.js';
import { applySaved } from './apply-saved.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { describeCheck } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';
import { type SourcedPlan, settleBase } from './plan-source.js';
import { reportDiagnostics } from './report-diagnostics.js';
import { permissionsToApply, requirePermissions } from './require-permissions.js';
import { parseSavedPlan, readSavedPlan } from './saved-plan.js';
import { loadGivenPlans, refuseVariables, type VariableFlags } from './variables.js';

/** `splitter apply PATH…`: writes the base of each plan (protocol, subsets, then the splitter at 100/0) and keeps the plan in KV. Twice changes nothing. A saved plan is applied exactly as it was saved. */
export async function apply(
  paths: readonly string[],
  flags: GlobalFlags & VariableFlags & { readonly dryRun?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  let typed: string | undefined;
  const stdin = async (): Promise<string> => {
    typed ??= await io.readStdin();
    return typed;
  };
  for (const path of paths) {
    const saved = path === '-' ? parseSavedPlan(await stdin(), '-') : await readSavedPlan(path);
    if (saved === undefined) continue;
    refuseVariables(flags, `${path} is a saved plan, which has its values already`, `splitter apply ${path}`);
    if (paths.length === 1) return applySaved(context, saved, path, flags.dryRun === true);
    throw new CommandError(`${path} is a saved plan, which is applied alone. Nothing was written`, `splitter apply ${path}`);
  }
  const { plans, diagnostics } = await loadGivenPlans(paths, flags, { ...io, readStdin: stdin });
  if (await reportDiagnostics(io, diagnostics))
    throw new CommandError(
      'not every plan is valid; nothing was written',
      `splitter validate ${paths.join(' ')}`,
      EXIT.planInvalid,
    );
  const applied = [];
  if (flags.dryRun !== true) for (const { plan } of plans) await requireMayApply(context, plan);
  for (const { plan, digest, file } of plans)
    applied.push(await applyOne(context, { plan, digest, source: file }, flags.dryRun === true));
  if (context.json) printJson(io, { applied });
  return EXIT.done;
}

async function requireMayApply(context: Context, plan: SourcedPlan['plan']): Promise<void> {
  context.client.scopeTo(plan);
  await requirePermissions(context, permissionsToApply(plan.service, context));
}

async function applyOne(
  context: Context,
  sourced: SourcedPlan,
  dryRun: boolean,
): Promise<{ readonly service: string; readonly writes: number; readonly planSaved: boolean }> {
  const { io, mesh, store } = context;
  const { service } = sourced.plan;
  context.client.scopeTo(sourced.plan);
  const applied = await applyPlan(
    sourced,
    { mesh, store, settle: (plan) => settleBase(context, plan) },
    {
      dryRun,
      onDoubt: (check) => io.err(describeCheck({ ...check, verdict: 'warning' })),
      onWrite: (write, before) => {
        if (!context.json) io.out(renderWrites([{ write, before }], io.style).replace(/^Plan:.*\n/m, ''));
      },
    },
  );
  if (applied.kind === 'refused') {
    const { name, message, hint } = applied.check;
    throw new CommandError(`${message} [${name}]. Nothing was written`, hint ?? `splitter doctor ${service}`);
  }
  const { writes, planSaved } = applied;
  if (!context.json)
    io.err(
      `${service}: ${dryRun ? 'nothing was written (dry run)' : writes === 0 && !planSaved ? 'nothing to do: applied already' : `applied: ${writes} ${writes === 1 ? 'entry' : 'entries'} written${planSaved ? ', plan kept' : ''}`}\n`,
    );
  return { service, writes, planSaved };
}
