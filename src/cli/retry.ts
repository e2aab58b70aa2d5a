import { countEverywhere } from '../controller/count-instances.js';
import { retry as mayRetry } from '../core/verbs/start.js';
import { oneLine } from '../view/style.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { CommandError, type ExitCode } from './exit.js';
import { durationFlag } from './flag-values.js';
import type { CommandIo } from './io.js';
import { type Look, lookAt } from './look.js';
import { requireOwnChecks, type SkipFlags } from './own-checks.js';
import { requireCallers } from './require-callers.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { requireControllers } from './who-drives.js';

/** How a rollout begins anew: which of its plan's own checks are skipped, whether controllers drive it, and how long a terminal watches at the target, ms. */
interface RetryOptions {
  readonly skip: SkipFlags;
  readonly detach: boolean;
  readonly hold: number;
}

/** `splitter retry SERVICE`: begins a reverted rollout anew, by the same plan and with a clean slate of evidence. */
export async function retry(
  service: string,
  flags: GlobalFlags & SkipFlags & { readonly hold?: string; readonly detach?: boolean },
  io: CommandIo,
): Promise<ExitCode> {
  const context = createContext(flags, io);
  const hold = durationFlag('--hold', flags.hold) ?? 0;
  const detach = flags.detach === true;
  // Its plan is in the log: what cannot be read must not pass for what is not there.
  await requirePermissions(context, permissionsToDrive(service, context));
  if (detach) await requireControllers(context, `splitter retry ${service}`);
  return beginAnew(context, await lookAt(context, service), { skip: flags, detach, hold });
}

/** Begins the rollout of this look anew. A CommandError says why it cannot; then nothing was written. */
export async function beginAnew(context: Context, look: Look, { skip, detach, hold }: RetryOptions): Promise<ExitCode> {
  const { service, rollout, plan } = look;
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
  await requirePermissions(context, permissionsToDrive(service, context, plan.plan));
  if (!detach) await requireCallers(context, plan.plan);
  const sourced = { plan: plan.plan, digest: rollout.plan, source: plan.source };
  const counted = await countEverywhere(context.mesh, service, plan.plan.subsets, look.seen.resolver, plan.plan.datacenters);
  const roles = requireReady(context, sourced, { ...look.seen, ...counted });
  const note = await requireOwnChecks(context, sourced, roles, skip);
  context.io.err(`Retrying ${service}; last time: ${oneLine(rollout.message)}\n`);
  const driver = newDriverId('start', context.by);
  const lock = await takeLock(context, service, driver, 'start');
  return driveService(context, sourced, lock, driver, { kind: 'start', hold, onInterrupt: 'hold', note, detach });
}
