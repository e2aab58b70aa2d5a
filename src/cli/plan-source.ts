import { AUTO, settleVersions } from '../core/auto.js';
import { DEFAULTS } from '../core/defaults.js';
import { inferSubsets } from '../core/infer.js';
import type { Observation } from '../core/observation.js';
import type { Plan, Protocol, Signal, Step } from '../core/plan.js';
import { isFinal } from '../core/rollout.js';
import { digestPlan } from '../plan/digest.js';
import type { SourcedPlan } from '../ports.js';
import type { Context } from './context.js';
import { CommandError, EXIT } from './exit.js';
import { lookAt } from './look.js';
import { loadGivenPlans, type VariableFlags } from './variables.js';

export type { SourcedPlan };

/** Reads all plans of a file, as they are written. Errors are printed with their place, exit 6. */
export async function readPlans(context: Context, file: string, flags: VariableFlags): Promise<readonly SourcedPlan[]> {
  const { reportDiagnostics } = await import('./report-diagnostics.js');
  const { plans, diagnostics } = await loadGivenPlans([file], flags, context.io);
  if (await reportDiagnostics(context.io, diagnostics))
    throw new CommandError(`${file} is not a valid plan; nothing was written`, `splitter validate ${file}`, EXIT.planInvalid);
  return plans.map(({ plan, digest }) => ({ plan, digest, source: file }));
}

/** Reads the one plan of a file; with a service, the plan of that service among those in the file. Errors are printed with their place, exit 6. */
export async function readPlanFile(
  context: Context,
  file: string,
  flags: VariableFlags,
  service?: string,
  anew = false,
): Promise<SourcedPlan> {
  return pickPlan(context, await readPlans(context, file, flags), file, service, anew);
}

/** The one plan of a service (or the only one) among those of a file, settled. */
export async function pickPlan(
  context: Context,
  plans: readonly SourcedPlan[],
  file: string,
  service?: string,
  anew = false,
): Promise<SourcedPlan> {
  return settlePlan(context, pickWritten(context, plans, file, service), anew);
}

/** The same as it is written: versions that the catalog is to tell are left to it. */
export function pickWritten(context: Context, plans: readonly SourcedPlan[], file: string, service?: string): SourcedPlan {
  const wanted = service === undefined ? plans : plans.filter(({ plan }) => plan.service === service);
  const [first] = wanted;
  const names = plans.map(({ plan }) => plan.service).join(', ');
  if (first === undefined)
    throw new CommandError(
      `${file} has no plan for ${service ?? 'any service'}${names && ` (it has: ${names})`}`,
      `splitter ramp ${plans[0]?.plan.service ?? 'SERVICE'} --plan ${file} --to 10`,
      EXIT.planInvalid,
    );
  if (wanted.length > 1)
    throw new CommandError(`${file} has ${wanted.length} plans (${names})`, 'name one service', EXIT.planInvalid);
  context.client.scopeTo(first.plan);
  return first;
}

/** The plan with every `version: auto` told from the catalog; the same plan when it has none. A rollout under way keeps its versions, unless it is told `anew`. */
export function settlePlan(context: Context, sourced: SourcedPlan, anew = false): Promise<SourcedPlan> {
  return settle(context, sourced, anew, false);
}

/** The same for the base alone, which takes what runs today as it is: where only stable's version runs, canary's subset is kept free for the next one. */
export function settleBase(context: Context, sourced: SourcedPlan): Promise<SourcedPlan> {
  return settle(context, sourced, false, true);
}

async function settle(context: Context, sourced: SourcedPlan, anew: boolean, reserve: boolean): Promise<SourcedPlan> {
  const { plan } = sourced;
  if (!plan.subsets.some((subset) => subset.version === AUTO)) return sourced;
  const [look, versions] = await Promise.all([lookAt(context, plan.service, 'entries'), context.mesh.readVersions(plan.service)]);
  const keep = !anew && look.rollout !== undefined && !isFinal(look.rollout);
  const settled = settleVersions(plan, look.seen, versions, keep, reserve);
  if ('message' in settled) throw new CommandError(settled.message, settled.hint);
  return { plan: settled.plan, digest: digestPlan(settled.plan), source: sourced.source };
}

/** What a ramp changes in the plan that it takes from elsewhere. */
export interface RampOverrides {
  readonly steps: (from: number) => readonly Step[];
  readonly signals?: readonly Signal[];
  readonly protocol?: Protocol;
  readonly bake?: number;
  readonly stable?: string;
}

/** The plan that a ramp follows: the given or applied one, or one inferred from the mesh, with the ramp's own steps from this weight. */
export function rampPlan(base: SourcedPlan, from: number, overrides: RampOverrides): SourcedPlan {
  const { signals, protocol, bake, stable } = overrides;
  const changes = Object.fromEntries(
    Object.entries({ signals, protocol, bake, stable }).filter(([, value]) => value !== undefined),
  );
  // A ramp moves one service on its own, and at home only.
  const { group: _, waves: __, ...alone } = base.plan;
  const plan: Plan = { ...alone, ...changes, steps: overrides.steps(from) };
  return { plan, digest: digestPlan(plan), source: base.source };
}

/** The plan for a service where no file names one: the applied plan (settled for a rollout, or for the base alone), else subsets told from the resolver or the running versions. */
export async function findPlan(
  context: Context,
  service: string,
  seen: Observation,
  settled: typeof settlePlan | typeof settleBase = settlePlan,
): Promise<SourcedPlan> {
  const applied = await context.store.readPlan(service);
  if (applied !== undefined) return settled(context, { plan: applied.plan, digest: applied.digest, source: applied.source });
  const versions = await context.mesh.readVersions(service);
  const inferred = inferSubsets(service, seen, versions);
  if ('refused' in inferred) throw new CommandError(inferred.refused, inferred.hint);
  const plan: Plan = {
    service,
    subsets: inferred.subsets,
    legs: [],
    steps: [],
    bake: DEFAULTS.bake,
    undoWindow: DEFAULTS.undoWindow,
    stepTimeout: DEFAULTS.stepTimeout,
    on: DEFAULTS.on,
    signals: [],
    callers: [],
  };
  return { plan, digest: digestPlan(plan), source: TOLD_FROM_MESH };
}

/** Where a plan is from that nobody wrote. */
export const TOLD_FROM_MESH = 'no plan: told from the mesh';
