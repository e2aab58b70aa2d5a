import type { Rollout } from '../core/rollout.js';
import type { VerbContext, VerbResult } from '../core/verbs/result.js';
import { oneLine } from '../view/style.js';
import { type Acted, type ActOptions, act, finish } from './act.js';
import type { Context } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import type { GroupRun } from './group-run.js';
import { printJson } from './io.js';
import { type Look, lookAt } from './look.js';

/** What to do to each member of a run. */
export interface GroupVerb {
  /** What is said of a member when it is done: `Paused`, `Reverted`. */
  readonly done: string;
  readonly verb: (rollout: Rollout, verbContext: VerbContext, look: Look) => VerbResult;
  /** Last member first, as traffic goes back. */
  readonly reverse: boolean;
  /** Nothing is written unless every member can do it. */
  readonly allOrNone: boolean;
  /** What is left of a revert, or of a promotion that nobody drives, is done too. */
  readonly finishes: boolean;
  readonly options?: ActOptions;
}

/** Applies a verb to all members of a run, one after the other; one that fails holds up no other, and is told at the end. */
export async function actOnRun(context: Context, run: GroupRun, how: GroupVerb): Promise<ExitCode> {
  if (how.allOrNone) for (const service of run.services) await requirePossible(context, service, how);
  const services = how.reverse ? [...run.services].reverse() : run.services;
  const acted: (Acted & { readonly service: string })[] = [];
  const failed: { readonly service: string; readonly error: unknown }[] = [];
  for (const service of services) {
    try {
      acted.push({ service, ...(await actOnMember(context, service, how)) });
    } catch (error) {
      failed.push({ service, error });
    }
  }
  report(context, run, how, acted);
  const [first, ...others] = failed;
  if (first === undefined) return EXIT.done;
  // A member that has nothing to do with it is no failure as long as another one has.
  for (const { service, error } of others) context.io.err(`${service}: ${oneLine((error as Error).message)}\n`);
  if (acted.length > 0 && failed.every(({ error }) => error instanceof CommandError)) {
    context.io.err(`${first.service}: ${oneLine((first.error as Error).message)}\n`);
    return EXIT.done;
  }
  throw first.error;
}

async function actOnMember(context: Context, service: string, { verb, options, finishes }: GroupVerb): Promise<Acted> {
  const acted = await act(context, service, verb, options);
  return finishes ? { ...acted, rollout: await finish(context, service) } : acted;
}

async function requirePossible(context: Context, service: string, { verb }: GroupVerb): Promise<void> {
  const look = await lookAt(context, service);
  const rollout = look.rollout ?? look.remembered;
  if (rollout === undefined) return;
  const plan = look.plan === undefined ? {} : { plan: look.plan.plan };
  const result = verb(rollout, { service, seen: look.seen, by: context.by, now: context.clock.now(), ...plan }, look);
  if (result.kind === 'refused') throw new CommandError(`${result.message}. Nothing was written`, result.hint);
}

function report(
  { json, io }: Context,
  { name, id }: GroupRun,
  { done }: GroupVerb,
  acted: readonly (Acted & { readonly service: string })[],
): void {
  if (json) {
    const services = acted.map(({ service, changed, message, rollout: { state } }) => ({
      service,
      changed,
      phase: state.phase,
      reason: state.reason,
      message,
    }));
    printJson(io, { group: name, rollout: id, services });
    return;
  }
  for (const { service, changed, message } of acted)
    io.err(changed ? `${done} ${service}: ${oneLine(message)}\n` : `Nothing to do: ${oneLine(message)}\n`);
}
