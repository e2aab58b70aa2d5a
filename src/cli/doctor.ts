import { type Check, preflight } from '../core/preflight.js';
import { findRoles } from '../core/roles.js';
import { createContext, type GlobalFlags } from './context.js';
import { EXIT, type ExitCode } from './exit.js';
import { type CommandIo, type Io, printJson } from './io.js';
import { lookAt, readFreeze } from './look.js';
import { doctorOwnChecks } from './own-checks.js';
import { findPlan, readPlanFile } from './plan-source.js';
import { createSignals } from './signals.js';

/** `splitter doctor SERVICE [--plan F]`: every check before a ramp, each with a verdict and what to type. Exit 1 when one failed. */
export async function doctor(service: string, flags: GlobalFlags & { readonly plan?: string }, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const leader = await context.client.call({ method: 'GET', path: '/status/leader', what: 'asking for the leader' });
  const checks: Check[] = [
    leader.body === ''
      ? {
          name: 'consul',
          verdict: 'failed',
          message: 'Consul answers, but has no leader: nothing can be written',
          hint: 'consul operator raft list-peers',
        }
      : { name: 'consul', verdict: 'ok', message: `Consul at ${context.client.settings.address} has a leader` },
  ];
  const look = await lookAt(context, service, true);
  const { plan } =
    flags.plan === undefined ? await findPlan(context, service, look.seen) : await readPlanFile(context, flags.plan, service);
  const [instances, freeze] = await Promise.all([context.mesh.countInstances(service, plan.subsets), readFreeze(context)]);
  const seen = { ...look.seen, ...freeze, instances };
  const roles = findRoles(plan, seen);
  checks.push(...preflight(plan, seen, roles, context.clock.now()));
  const target = 'stable' in roles ? roles : { stable: '', canary: '' };
  const traffic = await createSignals(context, plan).traffic(
    { service, stable: target.stable, canary: target.canary, callers: plan.callers },
    AbortSignal.timeout(5_000),
  );
  checks.push(
    traffic === undefined
      ? {
          name: 'callers',
          verdict: 'warning',
          message: `no caller's sidecar of ${service} can be read: weights cannot be observed, envoy signals have no data`,
          hint: 'set envoy_prometheus_bind_addr in proxy-defaults or in the proxy, then restart the sidecars',
        }
      : {
          name: 'callers',
          verdict: traffic.callers.read < traffic.callers.found ? 'warning' : 'ok',
          message: `${traffic.callers.read} of ${traffic.callers.found} callers' sidecars can be read`,
        },
  );
  checks.push(...(await doctorOwnChecks(context, { plan }, target)));
  if (context.json) printJson(io, { service, checks });
  else
    for (const check of checks)
      io.out(
        `${mark(check, io)} ${check.name.padEnd(9)} ${check.message}\n${check.hint === undefined || check.verdict === 'ok' ? '' : `            -> ${check.hint}\n`}`,
      );
  return checks.some((check) => check.verdict === 'failed') ? EXIT.error : EXIT.done;
}

function mark({ verdict }: Check, { style }: Io): string {
  return verdict === 'ok' ? style.good('ok ') : verdict === 'warning' ? style.warn('?  ') : style.bad('x  ');
}
