import type { Member } from '../consul/membership.js';
import { countEverywhere } from '../controller/count-instances.js';
import { subsetsOf } from '../core/entries.js';
import { checkCoverage } from '../core/instance-metrics.js';
import type { Observation } from '../core/observation.js';
import { versionsOf } from '../core/placeholders.js';
import type { Plan } from '../core/plan.js';
import { type Check, preflight } from '../core/preflight.js';
import { findRoles, isRefusal } from '../core/roles.js';
import { given } from '../plan/given.js';
import { harmless } from '../view/style.js';
import { planOfNone } from './act.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { Attempts } from './doctor-attempt.js';
import { checkCallers } from './doctor-callers.js';
import { checkNotify } from './doctor-channels.js';
import { checkSignals } from './doctor-signals.js';
import { checkToken } from './doctor-token.js';
import { EXIT, type ExitCode } from './exit.js';
import { type CommandIo, type Io, printJson } from './io.js';
import { type Look, lookAt, readFreeze } from './look.js';
import { doctorOwnChecks } from './own-checks.js';
import { findPlan, readPlanFile, settleBase } from './plan-source.js';
import { createSignals } from './signals.js';
import { readableInstances } from './unread.js';
import { refuseVariables, type VariableFlags } from './variables.js';

/** Flags of `splitter doctor`. */
export interface DoctorFlags extends GlobalFlags, VariableFlags {
  readonly plan?: string;
}

/** `splitter doctor SERVICE [--plan F]`: every check before a ramp, each with a verdict and what to type. Exit 1 when one failed, one that cannot be made too; only a Consul that does not answer ends it, after what was found till then. */
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
  const attempts = new Attempts();
  yield await checkLeader(context);
  yield* await attempts.checks('token', async () => [await checkToken(context, service)]);
  const look = await attempts.try('entries', () => lookAt(context, service, 'entries'));
  if ('failed' in look) yield look.failed;
  else yield* examineService(context, attempts, look.value, flags);
  yield* await attempts.checks('controllers', async () => [checkControllers((await context.members.list()).members)]);
  attempts.end();
}

async function* examineService(context: Context, attempts: Attempts, look: Look, flags: DoctorFlags): AsyncGenerator<Check> {
  const { service } = look;
  // A file that cannot be read is what was typed, and no check of the mesh.
  const { plan: file } = flags;
  const found =
    file === undefined
      ? await attempts.try('plan', () => findPlan(context, service, look.seen, settleBase))
      : { value: await readPlanFile(context, file, flags, service) };
  // What needs no plan is told all the same.
  const plan = 'failed' in found ? planOfNone(service) : found.value.plan;
  if ('failed' in found) yield found.failed;
  const { counted, unknown, checks } = await countEach(context, attempts, look, plan);
  yield* checks;
  const frozen = await attempts.try('freeze', () => readFreeze(context));
  if ('failed' in frozen) yield frozen.failed;
  const seen = { ...look.seen, ...('failed' in frozen ? {} : frozen.value), ...counted };
  const roles = 'failed' in found ? { message: found.failed.message, hint: found.failed.hint ?? '' } : findRoles(plan, seen);
  const made = await attempts.checks('entries', async () => preflight(plan, seen, roles, context.clock.now()));
  // What cannot be counted is said already, and is not the same as nobody.
  const blind = isRefusal(roles) ? [] : (['stable', 'canary'] as const).filter((role) => unknown.includes(roles[role]));
  yield* made.filter(({ name }) => !blind.some((role) => role === name) && !('failed' in found && name === 'roles'));
  if ('failed' in found) return;
  const target = isRefusal(roles) ? { stable: '', canary: '' } : roles;
  const signals = createSignals(context, plan);
  const { namespace, partition, datacenter, datacenters, callers, subsets, metrics } = plan;
  const scope = {
    ...given('namespace', namespace),
    ...given('partition', partition),
    ...given('datacenter', datacenter),
    ...given('datacenters', datacenters),
    ...given('metrics', metrics),
  };
  const versions = versionsOf(subsets);
  const measured = { service, ...scope, stable: target.stable, canary: target.canary, callers, versions };
  yield* await attempts.checks('callers', () => checkCallers(context, plan, seen));
  if (!isRefusal(roles))
    yield* await attempts.checks('signals', () => checkSignals(plan, signals, measured, context.clock.now()));
  yield* await attempts.checks('coverage', async () => {
    // Before there is a split, callers count no version by itself.
    const coverage = seen.splitter === undefined ? {} : signals.coverage(measured);
    return [checkCoverage(service, await readableInstances(context, plan), coverage)];
  });
  yield* await attempts.checks('notify', () => checkNotify(plan, context.io.env));
  yield* await attempts.checks('checks', () => doctorOwnChecks(context, { plan }, target));
}

/** Ready instances of every subset of plan and resolver, and who is in each; `unknown`: those that cannot be counted, with a failed check for each. */
async function countEach(
  context: Context,
  attempts: Attempts,
  { service, seen }: Look,
  plan: Plan,
): Promise<{
  readonly counted: Pick<Observation, 'instances' | 'datacenters' | 'picks'>;
  readonly unknown: readonly string[];
  readonly checks: readonly Check[];
}> {
  const planned = new Map(plan.subsets.map(({ name, filter }) => [name, filter]));
  // What the entry says now counts as long as nothing has written the plan's.
  const stored = [...subsetsOf(seen.resolver?.entry)].filter(([name, filter]) => planned.get(name) !== filter);
  const subsets = [...stored.map(([name, filter]) => ({ name, filter })), ...plan.subsets];
  const tries = await Promise.all(
    subsets.map(async (subset) => {
      const count = await attempts.try('subsets', () => context.mesh.countInstances(service, [subset], seen.resolver));
      return { subset, failed: 'failed' in count ? count.failed : undefined };
    }),
  );
  const known = tries.filter(({ failed }) => failed === undefined).map(({ subset }) => subset);
  const counted = await attempts.try('instances', async () => ({
    ...(await countEverywhere(context.mesh, service, known, seen.resolver, plan.datacenters)),
    picks: await context.mesh.readPicks(service, known),
  }));
  const failed = [...tries.flatMap((one) => one.failed ?? []), ...('failed' in counted ? [counted.failed] : [])];
  return {
    counted: 'failed' in counted ? { instances: {} } : counted.value,
    unknown: tries.flatMap((one) => (one.failed === undefined ? [] : [one.subset.name])),
    checks: failed,
  };
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
