import { type Drill, type DrillPart, findProblems } from '../core/drill.js';
import { storedLegs } from '../core/entries.js';
import { ownLegs } from '../core/legs.js';
import { serving } from '../core/observation.js';
import type { Roles } from '../core/roles.js';
import { isFinal } from '../core/rollout.js';
import { digestPlan } from '../plan/digest.js';
import { startSandbox } from '../sandbox/sandbox.js';
import { drillJson, drillReport, drillRow } from '../view/drill.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { type Breaker, commandBreaker, sandboxBreaker, splitWords } from './drill-breaker.js';
import { appendRow, requireWritable, writeReport } from './drill-files.js';
import { runPart, versionName } from './drill-part.js';
import { drillPlan, impossiblePlan, SANDBOX_PLAN } from './drill-plan.js';
import { requireReady } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { durationFlag } from './flag-values.js';
import { type CommandIo, type Io, printJson } from './io.js';
import { lookAt } from './look.js';
import { requireOwnChecks } from './own-checks.js';
import { observe } from './plan.js';
import { findPlan, readPlanFile, type SourcedPlan } from './plan-source.js';
import { permissionsToDrive, requirePermissions } from './require-permissions.js';
import { refuseVariables, type VariableFlags } from './variables.js';
import { describeDrives } from './who-drives.js';

/** Flags of `splitter drill`. */
export interface DrillFlags extends GlobalFlags, VariableFlags {
  readonly break?: string;
  readonly mend?: string;
  readonly pace?: string;
  readonly report?: string;
  readonly log?: string;
}

/** `splitter drill [SERVICE|PLAN]`: two normal rollouts and one that is broken on purpose and has to be taken back by itself, timed, with a report; without a service in the sandbox. Exit 1 unless all three ended as they had to. */
export async function drill(target: string | undefined, flags: DrillFlags, io: CommandIo): Promise<ExitCode> {
  const pace = durationFlag('--pace', flags.pace);
  const breaks = flags.break === undefined ? undefined : splitWords('--break', flags.break);
  const mends = flags.mend === undefined ? undefined : splitWords('--mend', flags.mend);
  if (mends !== undefined && breaks === undefined)
    throw new CommandError(
      '--mend mends what --break has broken',
      'splitter drill payments --break "./fault.sh on" --mend "./fault.sh off"',
    );
  if (target === undefined && breaks !== undefined)
    throw new CommandError(
      'the sandbox breaks its canary by itself',
      'splitter drill SERVICE --break …   drills on the Consul that is set',
    );
  for (const [flag, file] of [
    ['--report', flags.report],
    ['--log', flags.log],
  ] as const)
    if (file !== undefined) await requireWritable(flag, file);
  if (target === undefined) return drillSandbox(flags, pace, io);
  const context = createContext(flags, io);
  const sourced = drillPlan(await findDrilled(context, target, flags), pace);
  await requirePermissions(context, permissionsToDrive(sourced.plan.service, context, sourced.plan));
  const roles = await requireDrillable(context, sourced);
  await requireOwnChecks(context, sourced, roles, {});
  const breaker = breaks === undefined ? undefined : commandBreaker(quiet(context), sourced.plan, roles, { breaks, mends });
  return rehearse(context, flags, { sourced, roles, breaker, where: `Consul at ${context.client.settings.address}` });
}

async function drillSandbox(flags: DrillFlags, pace: number | undefined, io: CommandIo): Promise<ExitCode> {
  const sandbox = await startSandbox({ traffic: 200 });
  try {
    const { output } = flags;
    const context = createContext(
      { ...(output === undefined ? {} : { output }), httpAddr: sandbox.consulAddress },
      { ...io, env: alone(io.env) },
    );
    const sourced = drillPlan({ plan: SANDBOX_PLAN, digest: digestPlan(SANDBOX_PLAN), source: 'its own: 10%, 50%, 100%' }, pace);
    const roles = await requireDrillable(context, sourced);
    const breaker = sandboxBreaker(sandbox, sourced.plan.subsets.find(({ name }) => name === roles.canary)?.version ?? '');
    return await rehearse(context, flags, { sourced, roles, breaker, where: 'the built-in sandbox, 200 requests a second' });
  } finally {
    await sandbox.stop();
  }
}

/** What the environment says of other Consuls is not for the sandbox; who asks is. */
function alone(env: Io['env']): Io['env'] {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('CONSUL_') && name !== 'SPLITTER_KV_PREFIX'));
}

async function findDrilled(context: Context, target: string, flags: VariableFlags): Promise<SourcedPlan> {
  if (target === '-' || /[/.]/.test(target)) return readPlanFile(context, target, flags, undefined, true);
  refuseVariables(flags, 'variables are those of a plan', 'splitter drill PLAN --var …');
  const { seen } = await lookAt(context, target, true);
  return findPlan(context, target, seen);
}

/** Ends with exit 1 unless nothing moves, nothing is frozen, and both versions serve. */
async function requireDrillable(context: Context, sourced: SourcedPlan): Promise<Roles> {
  const { service } = sourced.plan;
  const { rollout } = await lookAt(context, service, true);
  if (rollout !== undefined && !isFinal(rollout))
    throw new CommandError(
      `a rollout of ${service} is under way (${rollout.state.phase}): a drill would get in its way. Nothing was written`,
      `splitter status ${service} -w   or   splitter abort ${service}`,
    );
  const driver = await context.lock.read(service, context.clock.now());
  if (driver !== undefined)
    throw new CommandError(
      `${describeDrives({ kind: 'foreground', driver })} drives ${service}. Nothing was written`,
      `splitter status ${service} -w`,
    );
  const seen = await observe(context, sourced);
  const roles = requireReady(context, sourced, seen, true, true);
  if (serving(seen.instances[roles.canary]) === 0)
    throw new CommandError(
      `${versionName(sourced, roles.canary)} has no passing sidecar, and a drill needs a second version to go to. Nothing was written`,
      `splitter subsets ${service}`,
    );
  return roles;
}

interface Rehearsal {
  readonly sourced: SourcedPlan;
  readonly roles: Roles;
  readonly breaker: Breaker | undefined;
  readonly where: string;
}

const IMPOSSIBLE_REAL =
  'The mesh, its traffic, the decision and its writes were real. The harm was not: no request was made to fail; rollout 3 had a signal that no mesh can meet (1,000,000 passing instances), and was to be taken back by it as soon as canary had traffic. How fast a real fault is seen was not tried: --break does.';

async function rehearse(context: Context, flags: DrillFlags, { sourced, roles, breaker, where }: Rehearsal): Promise<ExitCode> {
  const { io, clock, by } = context;
  const { service } = sourced.plan;
  const [home, away] = [versionName(sourced, roles.stable), versionName(sourced, roles.canary)];
  const startedAt = clock.now();
  const parts: DrillPart[] = [];
  const say = (text: string): void => io.err(`${text}\n`);
  const back = { stable: roles.canary, canary: roles.stable };
  say(`Drill of ${service} on ${where}: users are on ${home}, and will be again.`);
  const tasks = [
    { kind: 'there', sourced, roles, says: `a normal rollout, ${home} to ${away}` },
    { kind: 'back', sourced, roles: back, says: `a normal rollout back, ${away} to ${home}` },
    {
      kind: 'broken',
      sourced: breaker === undefined ? impossiblePlan(sourced) : sourced,
      roles,
      ...(breaker === undefined ? {} : { breaker }),
      says: `${home} to ${away}, broken on purpose: ${breaker?.how ?? 'a signal that no mesh can meet'}`,
    },
  ] as const;
  let interrupted = false;
  let failure: Error | undefined;
  for (const [i, { says, ...task }] of tasks.entries()) {
    say(`\n${i + 1} of 3: ${says}`);
    const ran = await runPart(quiet(context), task).catch((error: Error) => {
      failure = error;
    });
    if (ran === undefined) break;
    parts.push(ran.part);
    interrupted = ran.interrupted;
    // Without a promotion there is no way back, and a drill that fails is over.
    if (interrupted || (task.kind !== 'broken' && ran.part.phase !== 'Promoted')) break;
  }
  const after = await usersOf(context, sourced).catch(() => undefined);
  const problems = findProblems(parts, { before: home, after }, failure?.message);
  const done: Drill = {
    service,
    where,
    by,
    plan: sourced.source,
    real: breaker?.real ?? IMPOSSIBLE_REAL,
    startedAt,
    endedAt: clock.now(),
    parts,
    problems,
  };
  if (context.json) printJson(io, drillJson(done));
  if (flags.report !== undefined) await writeReport(flags.report, drillReport(done));
  else if (!context.json) io.out(drillReport(done));
  if (flags.log !== undefined) await appendRow(flags.log, drillRow(done));
  const kept = [flags.report, flags.log].filter((file) => file !== undefined).join(' and ');
  say(`\nDrill of ${service} ${problems.length === 0 ? 'passed' : 'FAILED'}.${kept === '' ? '' : ` Written: ${kept}`}`);
  for (const problem of problems) say(`  ${problem}`);
  if (problems.length > 0) say(`  -> splitter history ${service} --all   splitter status ${service}`);
  // What was found till then is kept; the error is that of any other command.
  if (failure !== undefined) throw failure;
  return interrupted ? EXIT.interrupted : problems.length === 0 ? EXIT.done : EXIT.error;
}

/** The version that users are on now, as people know it; several where they are split. */
async function usersOf({ mesh }: Context, sourced: SourcedPlan): Promise<string> {
  const { service } = sourced.plan;
  const carrying = ownLegs(storedLegs(await mesh.readEntries(service), service)).filter(({ weight }) => weight > 0);
  const extra = sourced.plan.legs.map(({ subset }) => subset);
  return carrying.flatMap(({ subset }) => (extra.includes(subset) ? [] : [versionName(sourced, subset)])).join(' and ');
}

/** A context whose rollouts tell their progress on stderr: stdout is the report's. */
function quiet(context: Context): Context {
  return { ...context, json: false, io: { ...context.io, out: context.io.err } };
}
