import { withFollowing } from '../core/entrance-rows.js';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { reportSubsets } from '../core/subsets.js';
import { renderEntrances } from '../view/entrances.js';
import { nextCommands, renderSubsets } from '../view/subsets.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { readEntrances } from './entrances.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type CommandIo, printJson } from './io.js';
import { lookAt, subsetsIn } from './look.js';
import { findPlan, settleBase } from './plan-source.js';
import { readFollowing } from './scene.js';

/** Flags of `splitter subsets`. */
export interface SubsetsFlags extends GlobalFlags {
  readonly callers?: boolean;
}

/** `splitter subsets SERVICE [--callers]`: who is in which subset, in which role and with which weight; which versions run in none, and why. */
export async function subsets(service: string, flags: SubsetsFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const { mesh } = context;
  const { seen, rollout, plan: followed } = await lookAt(context, service, 'entries');
  const named = subsetsIn(seen);
  const [sidecars, processes, picked] = await Promise.all([
    mesh.listInstances(service),
    mesh.listInstances(service, { own: true }),
    Promise.all(named.map(async ({ name, filter }) => [name, await mesh.listInstances(service, { filter })] as const)),
  ]);
  if (named.length === 0 && sidecars.length === 0 && processes.length === 0)
    throw new CommandError(
      `Consul knows no ${service}: no config entry and no instance`,
      'splitter list   shows what is ramped;   consul catalog services',
    );
  const plan = rollout === undefined ? await findPlanIfAny(context, service, seen) : undefined;
  const report = reportSubsets({
    service,
    rollout,
    plan,
    seen,
    sidecars,
    picked: Object.fromEntries(picked),
    processes,
  });
  const known =
    flags.callers === true
      ? await readEntrances(context, { service, callers: (followed?.plan ?? plan)?.callers ?? [] })
      : undefined;
  const rows =
    known === undefined || rollout === undefined ? known?.rows : withFollowing(known.rows, await readFollowing(context, service));
  const callers = known === undefined ? {} : { callers: rows, hidden: known.hidden };
  if (context.json) printJson(io, { ...report, ...callers, next: nextCommands(report) });
  else {
    io.out(renderSubsets(report, io.style));
    if (known !== undefined && rows !== undefined) io.out(`\n${renderEntrances(rows, known.hidden, io.style)}`);
  }
  return EXIT.done;
}

/** The plan that a ramp would follow; undefined where it would refuse, which is no error of a question. */
async function findPlanIfAny(context: Context, service: string, seen: Observation): Promise<Plan | undefined> {
  try {
    return (await findPlan(context, service, seen, settleBase)).plan;
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}
