import { type Applied, type ApplyParts, applyPlan } from '../controller/apply-plan.js';
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
  const dryRun = flags.dryRun === true;
  if (!dryRun) for (const { plan } of plans) await requireMayApply(context, plan);
  const all = plans.map(({ plan, digest, file }) => ({ plan, digest, source: file }));
  // One that is refused must not leave the others half done.
  if (!dryRun && all.length > 1)
    for (const sourced of all) requireApplied(await check(context, sourced), sourced, 'Nothing was written');
  const applied: AppliedPlan[] = [];
  try {
    for (const sourced of all) {
      const nothing = applied.length === 0 ? 'Nothing was written' : `Nothing of ${sourced.plan.service} was written`;
      applied.push(await applyOne(context, sourced, dryRun, nothing));
    }
  } catch (error) {
    if (!dryRun && applied.length > 0) sayApplied(context, applied);
    throw error;
  }
  if (context.json) printJson(io, { applied });
  return EXIT.done;
}

interface AppliedPlan {
  readonly service: string;
  readonly writes: number;
  readonly planSaved: boolean;
}

/** What was done before the plan that failed stays done, so it is told. */
function sayApplied({ json, io }: Context, applied: readonly AppliedPlan[]): void {
  if (json) printJson(io, { applied });
  io.err(`Applied before: ${applied.map(({ service }) => service).join(', ')}\n`);
}

async function requireMayApply(context: Context, plan: SourcedPlan['plan']): Promise<void> {
  context.client.scopeTo(plan);
  await requirePermissions(context, permissionsToApply(plan.service, context));
}

function check(context: Context, sourced: SourcedPlan): Promise<Applied> {
  context.client.scopeTo(sourced.plan);
  return applyPlan(sourced, partsOf(context), { dryRun: true });
}

function partsOf(context: Context): ApplyParts {
  return { mesh: context.mesh, store: context.store, settle: (plan) => settleBase(context, plan) };
}

function requireApplied(applied: Applied, { plan }: SourcedPlan, nothing: string): Extract<Applied, { kind: 'applied' }> {
  if (applied.kind === 'applied') return applied;
  const { name, message, hint } = applied.check;
  throw new CommandError(`${message} [${name}]. ${nothing}`, hint ?? `splitter doctor ${plan.service}`);
}

async function applyOne(context: Context, sourced: SourcedPlan, dryRun: boolean, nothing: string): Promise<AppliedPlan> {
  const { io } = context;
  const { service } = sourced.plan;
  context.client.scopeTo(sourced.plan);
  const applied = await applyPlan(sourced, partsOf(context), {
    dryRun,
    onDoubt: (doubt) => io.err(describeCheck({ ...doubt, verdict: 'warning' })),
    onWrite: (write, before) => {
      if (!context.json) io.out(renderWrites([{ write, before }], io.style).replace(/^Plan:.*\n/m, ''));
    },
  });
  const { writes, planSaved } = requireApplied(applied, sourced, nothing);
  if (!context.json)
    io.err(
      `${service}: ${dryRun ? 'nothing was written (dry run)' : writes === 0 && !planSaved ? 'nothing to do: applied already' : `applied: ${writes} ${writes === 1 ? 'entry' : 'entries'} written${planSaved ? ', plan kept' : ''}`}\n`,
    );
  return { service, writes, planSaved };
}
