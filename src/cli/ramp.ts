import { parseDuration } from '../core/duration.js';
import { subsetsOf } from '../core/entries.js';
import { weightOf } from '../core/legs.js';
import type { Observation } from '../core/observation.js';
import type { Plan, Protocol } from '../core/plan.js';
import { describeRamp, rampSteps } from '../core/ramp.js';
import { findRoles, isRefusal } from '../core/roles.js';
import { isFinal } from '../core/rollout.js';
import { type BasisPoints, envoyWeight, formatPercent, nearestExact, parsePercent } from '../core/weights.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';
import { type Look, lookAt, readFreeze } from './look.js';
import { makeRoom } from './make-room.js';
import { requireOwnChecks, type SkipFlags } from './own-checks.js';
import { DEFAULT_SIGNAL, findPlan, type RampOverrides, rampPlan, readPlanFile, type SourcedPlan } from './plan-source.js';
import { previewRollout } from './preview.js';
import { parseSignals } from './signal-flag.js';
import { createSignals } from './signals.js';
import { refuseVariables, type VariableFlags } from './variables.js';
import { requireControllers } from './who-drives.js';

/** Flags of `splitter ramp`. */
export interface RampFlags extends GlobalFlags, VariableFlags, SkipFlags {
  readonly to: string;
  readonly by?: string;
  readonly every?: string;
  readonly hold?: string;
  readonly bake?: string;
  readonly plan?: string;
  readonly signal?: readonly string[];
  readonly stable?: string;
  readonly protocol?: string;
  readonly onInterrupt?: 'hold' | 'revert';
  readonly dryRun?: boolean;
  readonly detach?: boolean;
}

/** `splitter ramp SERVICE --to PCT`: moves canary's weight in the foreground, watching all the while. */
export async function ramp(service: string, flags: RampFlags, io: CommandIo): Promise<ExitCode> {
  const to = percentFlag('--to', flags.to);
  const by = flags.by === undefined ? undefined : percentFlag('--by', flags.by);
  const every = durationFlag('--every', flags.every);
  if (by === 0) throw new CommandError('--by 0 would never arrive', 'write a step, like --by 10');
  if (every !== undefined && by === undefined)
    throw new CommandError(
      '--every needs --by: how much to move each time',
      `splitter ramp ${service} --to ${flags.to} --by 10 --every ${flags.every}`,
    );
  const hold = durationFlag('--hold', flags.hold) ?? 0;
  if (flags.plan === undefined)
    refuseVariables(flags, 'variables are those of a plan', `splitter ramp ${service} --to ${flags.to} --plan FILE --var …`);
  const context = createContext(flags, io);
  const { sourced, seen, from } = await planRamp(context, service, flags, (start) => rampSteps(start, to, by, every));
  checkRoom(sourced.plan, to);
  warnCutWeights(io, sourced.plan);
  const roles = requireReady(context, sourced, seen, to > from);
  if (to < from) io.err(`Going DOWN, as asked: canary ${roles.canary} ${describeRamp(from, to, by, every)}\n`);
  if (flags.dryRun === true) {
    io.out(previewRollout(sourced.plan, seen, roles, io.style, context.clock.now()));
    return EXIT.done;
  }
  io.err(
    `${service}: canary ${roles.canary} ${describeRamp(from, to, by, every)}; ${describeSignals(sourced.plan)} (${sourced.source})\n`,
  );
  const detach = flags.detach === true;
  if (detach) await requireControllers(context, `splitter ramp ${service} --to ${flags.to}`);
  const note = await requireOwnChecks(context, sourced, roles, flags);
  const driver = newDriverId('ramp', context.by);
  const lock = await takeLock(context, service, driver, 'ramp');
  return driveService(context, sourced, lock, driver, {
    kind: 'ramp',
    hold,
    onInterrupt: flags.onInterrupt ?? 'hold',
    note,
    detach,
  });
}

async function planRamp(
  context: Context,
  service: string,
  flags: RampFlags,
  steps: RampOverrides['steps'],
): Promise<{ sourced: SourcedPlan; seen: Observation; from: BasisPoints }> {
  const given = flags.plan === undefined ? undefined : await readPlanFile(context, flags.plan, flags, service);
  if (given !== undefined && flags.dryRun !== true && namesOtherCanary(await lookAt(context, service, true), given.plan))
    await makeRoom(context, given);
  const look = await lookAt(context, service, true);
  if (look.rollout?.group !== undefined && !isFinal(look.rollout))
    throw new CommandError(
      `${service} is being rolled out in lock step with the others of the group ${look.rollout.group}`,
      `splitter status ${look.rollout.group}   or   splitter abort ${look.rollout.group}`,
    );
  const base = given ?? planUnderWay(look) ?? (await findPlan(context, service, look.seen));
  const inferred = base.plan.signals.length === 0 && base.plan.steps.length === 0;
  const signals =
    flags.signal !== undefined ? parseSignals(flags.signal) : inferred ? await defaultSignals(context, base.plan) : undefined;
  const bake = durationFlag('--bake', flags.bake);
  const [instances, freeze] = await Promise.all([context.mesh.countInstances(service, base.plan.subsets), readFreeze(context)]);
  const overrides: RampOverrides = {
    steps,
    ...(signals === undefined ? {} : { signals }),
    ...(bake === undefined ? {} : { bake }),
    ...(flags.protocol === undefined ? {} : { protocol: protocolFlag(flags.protocol) }),
    ...(flags.stable === undefined ? {} : { stable: flags.stable }),
  };
  const seen = { ...look.seen, ...freeze, instances };
  const roles = findRoles({ ...base.plan, ...(flags.stable === undefined ? {} : { stable: flags.stable }) }, seen);
  const live = look.rollout !== undefined && !isFinal(look.rollout);
  const from = isRefusal(roles)
    ? 0
    : live && !look.recorded
      ? weightOf(look.rollout.asked, look.rollout.canary)
      : weightOf(roles.legs, roles.canary);
  return { sourced: rampPlan(base, from, overrides), seen, from };
}

/** Whether the plan gives the canary of the rollout under way another version: then it is no going on, but another rollout. */
function namesOtherCanary({ rollout, seen }: Look, plan: Plan): boolean {
  if (rollout === undefined || isFinal(rollout)) return false;
  const canary = plan.subsets.find(({ name }) => name === rollout.canary);
  return canary !== undefined && subsetsOf(seen.resolver?.entry).get(canary.name) !== canary.filter;
}

/** A ramp that goes on with a rollout keeps its subsets, signals and bake. */
function planUnderWay({ rollout, plan }: Look): SourcedPlan | undefined {
  if (rollout === undefined || isFinal(rollout) || plan === undefined) return undefined;
  return { plan: plan.plan, digest: rollout.plan, source: plan.source };
}

/** Errors are watched by default where some caller's sidecar can be read; where none can, the ramp says so. */
async function defaultSignals(context: Context, plan: Plan): Promise<Plan['signals']> {
  const roles = { stable: plan.subsets[0]?.name ?? '', canary: plan.subsets[1]?.name ?? '' };
  const traffic = await createSignals(context, plan).traffic(
    { service: plan.service, ...roles, callers: plan.callers },
    AbortSignal.timeout(5_000),
  );
  return traffic === undefined ? [] : [DEFAULT_SIGNAL];
}

function describeSignals(plan: Plan): string {
  if (plan.signals.length > 0)
    return `watching ${plan.signals.map(({ name, dryRun }) => (dryRun === true ? `${name} (dry run)` : name)).join(', ')} and the instances`;
  return `no error signal: no caller's sidecar can be read (set envoy_prometheus_bind_addr) or none was asked for; watching the instances only`;
}

function checkRoom(plan: Plan, to: BasisPoints): void {
  const kept = plan.legs.reduce((sum, leg) => sum + leg.weight, 0);
  if (to + kept > 10_000)
    throw new CommandError(
      `${formatPercent(to)} does not fit: further legs keep ${formatPercent(kept)}`,
      `splitter ramp ${plan.service} --to ${(10_000 - kept) / 100}`,
    );
}

function warnCutWeights(io: CommandIo, plan: Plan): void {
  for (const step of plan.steps) {
    if (step.kind !== 'weight' || envoyWeight(step.to) === step.to) continue;
    io.err(
      `Warning: Envoy gets ${formatPercent(envoyWeight(step.to))} for ${formatPercent(step.to)} (Consul truncates); exact ones nearby: ${nearestExact(step.to).map(formatPercent).join(', ')}\n`,
    );
  }
}

function percentFlag(flag: string, text: string): BasisPoints {
  const points = parsePercent(text);
  if (points === undefined)
    throw new CommandError(
      `${flag} ${text} is not a percentage from 0 to 100 with at most two decimals`,
      `write ${flag} 50 or ${flag} 12.5%`,
    );
  return points;
}

/** Milliseconds of a duration flag; undefined when it was not given. */
export function durationFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new CommandError(`${flag} ${text} is not a duration`, `write it like ${flag} 90s, ${flag} 5m or ${flag} 1h30m`);
  return ms;
}

function protocolFlag(text: string): Protocol {
  if (text === 'http' || text === 'http2' || text === 'grpc') return text;
  throw new CommandError(`--protocol ${text}: Consul splits http, http2 and grpc only`, '--protocol http');
}
