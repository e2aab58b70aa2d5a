import { createContext, type GlobalFlags } from './context.js';
import { driveService, newDriverId, requireReady, takeLock } from './drive-service.js';
import { CommandError, type ExitCode } from './exit.js';
import type { CommandIo } from './io.js';
import { lookAt } from './look.js';
import { durationFlag } from './ramp.js';

/** `splitter retry SERVICE`: begins a reverted rollout anew, by the same plan and with a clean slate of evidence. */
export async function retry(service: string, flags: GlobalFlags & { readonly hold?: string }, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const hold = durationFlag('--hold', flags.hold) ?? 0;
  const look = await lookAt(context, service);
  const { rollout, plan } = look;
  if (rollout?.state.phase !== 'Reverted') {
    const phase = rollout === undefined ? 'it has none' : `it is ${rollout.state.phase}`;
    throw new CommandError(`${service} has no reverted rollout to retry: ${phase}`, `splitter status ${service}`);
  }
  if (plan === undefined)
    throw new CommandError(`the plan of ${service}'s last rollout is not kept any more`, `splitter ramp ${service} --to 10`);
  context.client.scopeTo(plan.plan);
  const sourced = { plan: plan.plan, digest: rollout.plan, source: plan.source };
  const instances = await context.mesh.countInstances(service, plan.plan.subsets);
  requireReady(context, sourced, { ...look.seen, instances });
  io.err(`Retrying ${service}; last time: ${rollout.message}\n`);
  const driver = newDriverId('start', context.by);
  const lock = await takeLock(context, service, driver, 'start');
  return driveService(context, sourced, lock, driver, { kind: 'start', hold, onInterrupt: 'hold' });
}
