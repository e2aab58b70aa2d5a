import type { Member } from '../consul/membership.js';
import { versionsOf } from '../core/placeholders.js';
import { type Check, preflight } from '../core/preflight.js';
import { findRoles } from '../core/roles.js';
import { given } from '../plan/given.js';
import { harmless } from '../view/style.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { checkCallers } from './doctor-callers.js';
import { checkNotify } from './doctor-channels.js';
import { checkSignals } from './doctor-signals.js';
import { checkToken } from './doctor-token.js';
import { EXIT, type ExitCode } from './exit.js';
import { type CommandIo, type Io, printJson } from './io.js';
import { lookAt, readFreeze } from './look.js';
import { doctorOwnChecks } from './own-checks.js';
import { findPlan, readPlanFile, settleBase } from './plan-source.js';
import { createSignals } from './signals.js';
import { refuseVariables, type VariableFlags } from './variables.js';

/** Flags of `splitter doctor`. */
export interface DoctorFlags extends GlobalFlags, VariableFlags {
  readonly plan?: string;
}

/** `splitter doctor SERVICE [--plan F]`: every check before a ramp, each with a verdict and what to type. Exit 1 when one failed; what Consul refuses ends it, after what was found till then. */
export async function doctor(service: string, flags: DoctorFlags, io: CommandIo): Promise<ExitCode> {
  if (flags.plan === undefined)
    refuseVariables(flags, 'variables are those of a plan', `splitter doctor ${service} --plan FILE --var …`);
  const context = createContext(flags, io);
  const checks: Check[] = [];
  try {
    for await (const check of examine(context, service, flags)) checks.push(check);
  } finally {
    if (context.json) printJson(io, { service, checks });
    else print(checks, io);
  }
  return checks.some((check) => check.verdict === 'failed') ? EXIT.error : EXIT.done;
}

async function* examine(context: Context, service: string, flags: DoctorFlags): AsyncGenerator<Check> {
  yield await checkLeader(context);
  yield await checkToken(context, service);
  const look = await lookAt(context, service, true);
  const { plan } =
    flags.plan === undefined
      ? await findPlan(context, service, look.seen, settleBase)
      : await readPlanFile(context, flags.plan, flags, service);
  const [instances, picks, freeze] = await Promise.all([
    context.mesh.countInstances(service, plan.subsets),
    context.mesh.readPicks(service, plan.subsets),
    readFreeze(context),
  ]);
  const seen = { ...look.seen, ...freeze, instances, picks };
  const roles = findRoles(plan, seen);
  yield* preflight(plan, seen, roles, context.clock.now());
  const target = 'stable' in roles ? roles : { stable: '', canary: '' };
  const signals = createSignals(context, plan);
  const { namespace, partition, datacenter, callers, subsets } = plan;
  const scope = { ...given('namespace', namespace), ...given('partition', partition), ...given('datacenter', datacenter) };
  const versions = versionsOf(subsets);
  const measured = { service, ...scope, stable: target.stable, canary: target.canary, callers, versions };
  yield await checkCallers(context, plan, await signals.traffic(measured, AbortSignal.timeout(5_000)));
  if ('stable' in roles) yield* await checkSignals(plan, signals, measured, context.clock.now());
  yield* await checkNotify(plan, context.io.env);
  yield checkControllers((await context.members.list()).members);
  yield* await doctorOwnChecks(context, { plan }, target);
}

function print(checks: readonly Check[], io: Io): void {
  const width = Math.max(...checks.map(({ name }) => name.length));
  for (const check of checks) {
    io.out(`${mark(check, io)} ${check.name.padEnd(width)} ${harmless(check.message)}\n`);
    if (check.hint !== undefined && check.verdict !== 'ok') io.out(`${' '.repeat(width + 4)} -> ${harmless(check.hint)}\n`);
  }
}

async function checkLeader({ client }: Context): Promise<Check> {
  const { body } = await client.call({ method: 'GET', path: '/status/leader', what: 'asking for the leader' });
  if (body !== '') return { name: 'consul', verdict: 'ok', message: `Consul at ${client.settings.address} has a leader` };
  return {
    name: 'consul',
    verdict: 'failed',
    message: 'Consul answers, but has no leader: nothing can be written',
    hint: 'consul operator raft list-peers',
  };
}

function checkControllers(members: readonly Member[]): Check {
  const names = members.map(({ id }) => id).join(', ');
  if (members.length === 0)
    return {
      name: 'controllers',
      verdict: 'warning',
      message: 'no controller lives: a rollout is watched only as long as its terminal is open',
      hint: 'splitter run   in another terminal or on another machine',
    };
  const one = members.length === 1;
  return {
    name: 'controllers',
    verdict: 'ok',
    message: `${members.length} ${one ? 'controller lives' : 'controllers live'}: ${names}`,
  };
}

function mark({ verdict }: Check, { style }: Io): string {
  return verdict === 'ok' ? style.good('ok ') : verdict === 'warning' ? style.warn('?  ') : style.bad('x  ');
}
