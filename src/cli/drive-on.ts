import type { DriverInfo } from '../consul/driver-lock.js';
import { formatDuration } from '../core/duration.js';
import { FIRST_LOOK } from '../core/first-look.js';
import { oneLine } from '../view/style.js';
import type { Context } from './context.js';
import { type DriveOptions, driveService, newDriverId, takeLock } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { lookAt } from './look.js';

/** Drives the rollout under way on from here, by the plan that it follows, since nobody else does; with `wait` only until it needs a person. */
export async function driveOn(
  context: Context,
  service: string,
  kind: Exclude<DriverInfo['kind'], 'ramp'>,
  wait = false,
): Promise<ExitCode> {
  return driveFrom(context, service, { kind, hold: 0, onInterrupt: 'hold', wait });
}

/** Watches a rollout that nobody watched, at its target, until the evidence is clear or for a while; exit 0 when nothing speaks against going on. */
export async function lookFirst(context: Context, service: string): Promise<ExitCode> {
  const { plan, rollout } = await lookAt(context, service, 'entries');
  const watches = plan?.plan.signals.some(({ dryRun }) => dryRun !== true) === true;
  if (!watches || rollout === undefined) return EXIT.done;
  context.io.err(
    `Nobody watched ${service} until now: looking at ${oneLine(rollout.canary)} for ${formatDuration(FIRST_LOOK)} first\n`,
  );
  return driveFrom(context, service, { kind: 'start', hold: FIRST_LOOK, proves: true, onInterrupt: 'hold', looksOnly: true });
}

async function driveFrom(context: Context, service: string, options: DriveOptions): Promise<ExitCode> {
  const { plan, rollout } = await lookAt(context, service);
  if (plan === undefined || rollout === undefined)
    throw new CommandError(
      `the plan of ${service} is not in KV any more, so nobody knows its steps or how long to bake`,
      `splitter promote ${service} --full   or   splitter abort ${service}`,
    );
  const driver = newDriverId(options.kind, context.by);
  const lock = await takeLock(context, service, driver, options.kind);
  const sourced = { plan: plan.plan, digest: rollout.plan, source: plan.source };
  return driveService(context, sourced, lock, driver, options);
}
