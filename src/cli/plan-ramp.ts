import { countEverywhere } from '../controller/count-instances.js';
import { DEFAULT_SIGNALS, SIGNALS_OF_INSTANCES } from '../core/default-signals.js';
import { subsetsOf } from '../core/entries.js';
import { weightOf } from '../core/legs.js';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { findRoles, isRefusal } from '../core/roles.js';
import { isFinal, type Rollout } from '../core/rollout.js';
import { sameFilter } from '../core/versions.js';
import type { BasisPoints } from '../core/weights.js';
import type { Context, GlobalFlags } from './context.js';
import { CommandError } from './exit.js';
import { durationFlag, protocolFlag } from './flag-values.js';
import { type Look, lookAt, readFreeze } from './look.js';
import { makeRoom } from './make-room.js';
import { findPlan, type RampOverrides, rampPlan, readPlanFile, type SourcedPlan } from './plan-source.js';
import { requireCallers } from './require-callers.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { parseSignals } from './signal-flag.js';
import { createSignals } from './signals.js';
import { readableInstances } from './unread.js';
import { refuseVariables, type VariableFlags } from './variables.js';

/** Flags that say what a ramp takes from where. */
export interface RampPlanFlags extends GlobalFlags, VariableFlags {
  readonly bake?: string;
  readonly plan?: string;
  readonly signal?: readonly string[];
  readonly stable?: string;
  readonly protocol?: string;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

/** What a ramp begins with: its plan, what was seen, canary's weight now, and the rollout under way, if there is one. */
export interface PlannedRamp {
  readonly sourced: SourcedPlan;
  readonly seen: Observation;
  readonly from: BasisPoints;
  readonly live: Rollout | undefined;
}

/** The plan of a ramp with these steps: the one given, that of the rollout under way, the applied one, or one told from the mesh. */
export async function planRamp(
  context: Context,
  service: string,
  flags: RampPlanFlags,
  steps: RampOverrides['steps'],
): Promise<PlannedRamp> {
  if (flags.plan === undefined)
    refuseVariables(flags, 'variables are those of a plan', `splitter ramp ${service} --plan FILE --var …`);
  const given = flags.plan === undefined ? undefined : await readPlanFile(context, flags.plan, flags, service);
  if (flags.dryRun !== true) await requirePermissions(context, permissionsToDrive(service, context, given?.plan));
  if (given !== undefined && flags.dryRun !== true && namesOtherCanary(await lookAt(context, service, 'entries'), given.plan))
    await makeRoom(context, given);
  const look = await lookAt(context, service, 'entries');
  if (look.rollout?.group !== undefined && !isFinal(look.rollout))
    throw new CommandError(
      `${service} is being rolled out in lock step with the others of the group ${look.rollout.group}`,
      `splitter status ${look.rollout.group}   or   splitter abort ${look.rollout.group}`,
    );
  const base = given ?? planUnderWay(look) ?? (await findPlan(context, service, look.seen));
  const inferred = base.plan.signals.length === 0 && base.plan.steps.length === 0;
  const signals =
    flags.signal !== undefined ? parseSignals(flags.signal) : inferred ? await defaultSignals(context, base.plan) : undefined;
  const watchesHere = flags.dryRun !== true && flags.detach !== true;
  if (watchesHere && (flags.signal !== undefined || !inferred))
    await requireCallers(context, { ...base.plan, signals: signals ?? base.plan.signals });
  const bake = durationFlag('--bake', flags.bake);
  const { subsets, datacenters } = base.plan;
  const [counted, picks, freeze] = await Promise.all([
    countEverywhere(context.mesh, service, subsets, look.seen.resolver, datacenters),
    context.mesh.readPicks(service, subsets),
    readFreeze(context),
  ]);
  const stable = flags.stable === undefined ? undefined : requireSubset(base.plan, flags.stable);
  const overrides: RampOverrides = {
    steps,
    ...(signals === undefined ? {} : { signals }),
    ...(bake === undefined ? {} : { bake }),
    ...(flags.protocol === undefined ? {} : { protocol: protocolFlag(flags.protocol) }),
    ...(stable === undefined ? {} : { stable }),
  };
  const seen = { ...look.seen, ...freeze, ...counted, picks };
  const roles = findRoles(base.plan, seen, { stable });
  if (stable !== undefined && isRefusal(roles)) throw new CommandError(`${roles.message}. Nothing was written`, roles.hint);
  const live = look.rollout !== undefined && !isFinal(look.rollout);
  const from = isRefusal(roles)
    ? 0
    : live && !look.recorded
      ? weightOf(look.rollout.asked, look.rollout.canary)
      : weightOf(roles.legs, roles.canary);
  return { sourced: rampPlan(base, from, overrides), seen, from, live: live ? look.rollout : undefined };
}

/** The subset that --stable names, by its name or by its version. */
function requireSubset({ subsets, service }: Plan, named: string): string {
  const found = subsets.find(({ name }) => name === named) ?? subsets.find(({ version }) => version === named);
  if (found !== undefined) return found.name;
  const list = subsets.map(({ name, version }) => (version === undefined ? name : `${name} (${version})`)).join(', ');
  throw new CommandError(
    `--stable ${named}: ${service} has no such subset or version: ${list}`,
    `--stable ${subsets[0]?.name ?? 'SUBSET'}`,
  );
}

/** Whether the plan gives the canary of the rollout under way another version: then it is no going on, but another rollout. */
function namesOtherCanary({ rollout, seen }: Look, plan: Plan): boolean {
  if (rollout === undefined || isFinal(rollout)) return false;
  const canary = plan.subsets.find(({ name }) => name === rollout.canary);
  return canary !== undefined && !sameFilter(subsetsOf(seen.resolver?.entry).get(canary.name), canary.filter);
}

/** A ramp that goes on with a rollout keeps its subsets, signals and bake. */
function planUnderWay({ rollout, plan }: Look): SourcedPlan | undefined {
  if (rollout === undefined || isFinal(rollout) || plan === undefined) return undefined;
  return { plan: plan.plan, digest: rollout.plan, source: plan.source };
}

/** Errors, unanswered requests and answers of class 4xx are watched by default where some caller's sidecar can be read; errors alone where only an instance's can; where none can, the ramp says so. */
async function defaultSignals(context: Context, plan: Plan): Promise<Plan['signals']> {
  const roles = { stable: plan.subsets[0]?.name ?? '', canary: plan.subsets[1]?.name ?? '' };
  const traffic = await createSignals(context, plan).traffic(
    { service: plan.service, ...roles, callers: plan.callers, ...(plan.metrics === undefined ? {} : { metrics: plan.metrics }) },
    AbortSignal.timeout(5_000),
  );
  if (traffic !== undefined) return DEFAULT_SIGNALS;
  if ((await readableInstances(context, plan)).read > 0) return SIGNALS_OF_INSTANCES;
  await requireCallers(context, { ...plan, signals: DEFAULT_SIGNALS });
  return [];
}

/** What is watched, in words. */
export function describeSignals(plan: Plan): string {
  if (plan.signals.length > 0)
    return `watching ${plan.signals.map(({ name, dryRun }) => (dryRun === true ? `${name} (dry run)` : name)).join(', ')} and the instances`;
  return `no error signal: no caller's sidecar and no instance's can be read (set envoy_prometheus_bind_addr) or none was asked for; watching the instances only`;
}
