import type { Plan } from '../core/plan.js';
import { describeRamp, rampSteps } from '../core/ramp.js';
import { type BasisPoints, formatPercent } from '../core/weights.js';
import { createContext } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { durationFlag, percentFlag } from './flag-values.js';
import type { CommandIo } from './io.js';
import { requireOwnChecks, type SkipFlags } from './own-checks.js';
import { describeSignals, planRamp, type RampPlanFlags } from './plan-ramp.js';
import { showPreview } from './preview.js';
import { atTarget } from './ramp-target.js';
import { warnCutWeights } from './warn-cut.js';
import { requireControllers } from './who-drives.js';

/** Flags of `splitter ramp`. */
export interface RampFlags extends RampPlanFlags, SkipFlags {
  readonly to?: string;
  readonly by?: string;
  readonly every?: string;
  /** False: --no-hold. */
  readonly hold?: string | false;
  readonly onInterrupt?: 'hold' | 'revert';
  readonly interactive?: boolean;
  readonly byInstances?: boolean;
}

/** `splitter ramp SERVICE --to PCT|--interactive`: moves canary's weight in the foreground, watching all the while. */
export async function ramp(service: string, flags: RampFlags, io: CommandIo): Promise<ExitCode> {
  if (flags.interactive === true) return (await import('./interactive.js')).interactive(service, flags, io);
  if (flags.byInstances === true)
    throw new CommandError('--by-instances belongs to --interactive', `splitter ramp ${service} --interactive --by-instances`);
  if (flags.to === undefined)
    throw new CommandError(
      'say how far: --to PCT, or --interactive to be asked',
      `splitter ramp ${service} --to 10   or   splitter ramp ${service} --interactive`,
    );
  const to = percentFlag('--to', flags.to);
  const by = flags.by === undefined ? undefined : percentFlag('--by', flags.by);
  const every = durationFlag('--every', flags.every);
  if (by === 0) throw new CommandError('--by 0 would never arrive', 'write a step, like --by 10');
  if (every !== undefined && by === undefined)
    throw new CommandError(
      '--every needs --by: how much to move each time',
      `splitter ramp ${service} --to ${flags.to} --by 10 --every ${flags.every}`,
    );
  const context = createContext(flags, io);
  const { sourced, seen, from } = await planRamp(context, service, flags, (start) => rampSteps(start, to, by, every));
  checkRoom(sourced.plan, to);
  warnCutWeights(io, sourced.plan.steps);
  const roles = requireReady(context, sourced, seen, to > from);
  if (to < from) io.err(`Going DOWN, as asked: canary ${roles.canary} ${describeRamp(from, to, by, every)}\n`);
  if (flags.dryRun === true) {
    showPreview(context, sourced, seen, roles);
    return EXIT.done;
  }
  io.err(
    `${service}: canary ${roles.canary} ${describeRamp(from, to, by, every)}; ${describeSignals(sourced.plan)} (${sourced.source})\n`,
  );
  const target = atTarget(flags, sourced, to < from || to === 0);
  if (target.warning !== undefined) io.err(target.warning);
  const detach = flags.detach === true;
  if (detach) await requireControllers(context, `splitter ramp ${service} --to ${flags.to}`);
  const note = await requireOwnChecks(context, sourced, roles, flags);
  const driver = newDriverId('ramp', context.by);
  const lock = await takeLock(context, service, driver, 'ramp');
  return driveService(context, sourced, lock, driver, {
    kind: 'ramp',
    ...target.options,
    onInterrupt: flags.onInterrupt ?? 'hold',
    note,
    detach,
  });
}

function checkRoom(plan: Plan, to: BasisPoints): void {
  const kept = plan.legs.reduce((sum, leg) => sum + leg.weight, 0);
  if (to + kept > 10_000)
    throw new CommandError(
      `${formatPercent(to)} does not fit: further legs keep ${formatPercent(kept)}`,
      `splitter ramp ${plan.service} --to ${(10_000 - kept) / 100}`,
    );
}
