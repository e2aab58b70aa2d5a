import type { Rollout } from '../core/rollout.js';
import { describeMove } from '../core/verbs/describe-move.js';
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
  if (how.allOrNone) await requireAllPossible(context, run.services, how);
  const { announce: _, ...options } = how.options ?? {};
  const services = how.reverse ? [...run.services].reverse() : run.services;
  const { acted, failed } = await actOnEach(context, services, { ...how, options });
  report(context, run, how, acted);
  const [first, ...others] = failed;
  if (first === undefined) return acted.some((one) => wasTakenBack(how, one)) ? EXIT.reverted : EXIT.done;
  // A member that has nothing to do with it is no failure as long as another one has.
  for (const { service, error } of others) context.io.err(`${service}: ${oneLine((error as Error).message)}\n`);
  if (acted.length > 0 && failed.every(({ error }) => error instanceof CommandError)) {
    context.io.err(`${first.service}: ${oneLine((first.error as Error).message)}\n`);
    return EXIT.done;
  }
  throw first.error;
}

/** What became of a verb on each of several services. */
interface EachActed {
  readonly acted: readonly (Acted & { readonly service: string })[];
  readonly failed: readonly { readonly service: string; readonly error: unknown }[];
}

/** Applies a verb to these services, one after the other; one that fails holds up no other. */
export async function actOnEach(
  context: Context,
  services: readonly string[],
  how: Pick<GroupVerb, 'verb' | 'options' | 'finishes'>,
): Promise<EachActed> {
  const acted: (Acted & { readonly service: string })[] = [];
  const failed: { readonly service: string; readonly error: unknown }[] = [];
  for (const service of services) {
    try {
      acted.push({ service, ...(await actOnMember(context, service, how)) });
    } catch (error) {
      failed.push({ service, error });
    }
  }
  return { acted, failed };
}

/** A CommandError when the verb makes no sense for one of these services; nothing is written. Else what will move of each is announced. */
export async function requireAllPossible(
  context: Context,
  services: readonly string[],
  how: Pick<GroupVerb, 'verb' | 'options'>,
): Promise<void> {
  const moves: { readonly service: string; readonly move: string | undefined }[] = [];
  for (const service of services) moves.push({ service, move: await requirePossible(context, service, how) });
  for (const { service, move } of moves) if (move !== undefined) how.options?.announce?.(move, service);
}

async function actOnMember(
  context: Context,
  service: string,
  { verb, options, finishes }: Pick<GroupVerb, 'verb' | 'options' | 'finishes'>,
): Promise<Acted> {
  const acted = await act(context, service, verb, options);
  return finishes ? { ...acted, rollout: await finish(context, service) } : acted;
}

/** A promotion that was to be finished at once may end otherwise, as when canary's last instance is gone. */
function wasTakenBack({ done, finishes }: GroupVerb, { rollout }: Pick<Acted, 'rollout'>): boolean {
  const { phase } = rollout.state;
  return done === 'Promoted' && finishes && (phase === 'Reverting' || phase === 'Reverted');
}

/** What the verb will move of this member; undefined where it moves nothing. */
async function requirePossible(
  context: Context,
  service: string,
  { verb, options }: Pick<GroupVerb, 'verb' | 'options'>,
): Promise<string | undefined> {
  const look = await lookAt(context, service, options?.depth);
  const rollout = look.rollout ?? look.remembered;
  if (rollout === undefined) return undefined;
  const plan = look.plan === undefined ? {} : { plan: look.plan.plan };
  const verbContext = {
    service,
    seen: look.seen,
    by: context.by,
    force: options?.force === true,
    now: context.clock.now(),
    ...plan,
  };
  const result = verb(rollout, verbContext, look);
  if (result.kind === 'refused') throw new CommandError(`${result.message}. Nothing was written`, result.hint);
  return result.kind === 'write' ? describeMove(rollout, result.next, verbContext) : undefined;
}

function report(
  { json, io }: Context,
  { name, id }: GroupRun,
  how: GroupVerb,
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
  for (const { service, changed, message, rollout } of acted) {
    if (wasTakenBack(how, { rollout })) io.err(`${rollout.state.phase} ${service}: ${oneLine(rollout.message)}\n`);
    else io.err(changed ? `${how.done} ${service}: ${oneLine(message)}\n` : `Nothing to do: ${oneLine(message)}\n`);
  }
}
