import { retry as mayRetry } from '../core/verbs/start.js';
import { createContext, type GlobalFlags } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { CommandError, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';
import { lookAt } from './look.js';
import { requireOwnChecks, type SkipFlags } from './own-checks.js';
import { durationFlag } from './ramp.js';
import { requireControllers } from './who-drives.js';

/** `splitter retry SERVICE`: begins a reverted rollout anew, by the same plan and with a clean slate of evidence. */
export async function retry(
  service: string,
  flags: GlobalFlags & SkipFlags & { readonly hold?: string; readonly detach?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  const hold = durationFlag('--hold', flags.hold) ?? 0;
  const detach = flags.detach === true;
  if (detach) await requireControllers(context, `splitter retry ${service}`);
  const look = await lookAt(context, service);
  const { rollout, plan } = look;
  if (rollout === undefined) throw new CommandError(`${service} has no rollout to retry`, `splitter ramp ${service} --to 10`);
  if (rollout.group !== undefined)
    throw new CommandError(
      `${service} is a member of the group ${rollout.group}, which begins anew as a whole`,
      `splitter start ${rollout.group}`,
    );
  const again = mayRetry(rollout, { service });
  if (again.kind === 'refused') throw new CommandError(again.message, again.hint);
  if (plan === undefined)
    throw new CommandError(`the plan of ${service}'s last rollout is not kept any more`, `splitter ramp ${service} --to 10`);
  context.client.scopeTo(plan.plan);
  const sourced = { plan: plan.plan, digest: rollout.plan, source: plan.source };
  const instances = await context.mesh.countInstances(service, plan.plan.subsets);
  const roles = requireReady(context, sourced, { ...look.seen, instances });
  const note = await requireOwnChecks(context, sourced, roles, flags);
  io.err(`Retrying ${service}; last time: ${rollout.message}\n`);
  const driver = newDriverId('start', context.by);
  const lock = await takeLock(context, service, driver, 'start');
  return driveService(context, sourced, lock, driver, { kind: 'start', hold, onInterrupt: 'hold', note, detach });
}
