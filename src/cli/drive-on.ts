import type { DriverInfo } from '../consul/driver-lock.js';
import type { Context } from './context.js';
import { driveService, newDriverId, takeLock } from './drive-service.js';
import { CommandError, type ExitCode } from './exit.js';
import { lookAt } from './look.js';

/** Drives the rollout under way on from here, by the plan that it follows, since nobody else does; with `wait` only until it needs a person. */
export async function driveOn(
  context: Context,
  service: string,
  kind: Exclude<DriverInfo['kind'], 'ramp'>,
  wait = false,
): Promise<ExitCode> {
  const { plan, rollout } = await lookAt(context, service);
  if (plan === undefined || rollout === undefined)
    throw new CommandError(
      `the plan of ${service} is not in KV any more, so nobody knows its steps or how long to bake`,
      `splitter promote ${service} --full   or   splitter abort ${service}`,
    );
  const driver = newDriverId(kind, context.by);
  const lock = await takeLock(context, service, driver, kind);
  const sourced = { plan: plan.plan, digest: rollout.plan, source: plan.source };
  return driveService(context, sourced, lock, driver, { kind, hold: 0, onInterrupt: 'hold', wait });
}
