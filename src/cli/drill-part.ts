import { ulid } from 'ulid';
import type { Frame } from '../controller/drive.js';
import { countAll, type DrillBreak, type DrillKind, type DrillPart, firstFailure } from '../core/drill.js';
import { weightOf } from '../core/legs.js';
import type { Roles } from '../core/roles.js';
import { askedCanary, isFinal, type Rollout } from '../core/rollout.js';
import { abort } from '../core/verbs/abort.js';
import { undo } from '../core/verbs/undo.js';
import { act, finish } from './act.js';
import type { Context } from './context.js';
import type { Breaker } from './drill-breaker.js';
import { watchDrill } from './drill-watch.js';
import { driveService, newDriverId, takeLock } from './drive-service.js';
import { CommandError, EXIT } from './exit.js';
import { lookAt } from './look.js';
import type { SourcedPlan } from './plan-source.js';

/** One rollout of a drill to make: by which plan, from whom to whom, and what breaks canary on the way. */
export interface PartTask {
  readonly kind: DrillKind;
  readonly sourced: SourcedPlan;
  readonly roles: Pick<Roles, 'stable' | 'canary'>;
  readonly breaker?: Breaker;
}

/** Makes one rollout of a drill and tells how it went. Whatever happens, the rollout has ended and canary is mended when this resolves. */
export async function runPart(
  context: Context,
  task: PartTask,
): Promise<{ readonly part: DrillPart; readonly interrupted: boolean }> {
  const { kind, sourced, roles } = task;
  const { service } = sourced.plan;
  const { clock, store } = context;
  const trouble: string[] = [];
  const startedAt = clock.now();
  const watch = watchDrill(context, sourced.plan, roles);
  const harm = new Harm(context, task, trouble);
  const id = ulid();
  try {
    const driver = newDriverId('drill', context.by);
    const lock = await takeLock(context, service, driver, 'drill');
    const code = await driveService(context, sourced, lock, driver, {
      kind: 'drill',
      hold: 0,
      onInterrupt: 'revert',
      id,
      drill: true,
      onFrame: (frame) => harm.see(frame),
    });
    const interrupted = code === EXIT.interrupted;
    if (interrupted) trouble.push('interrupted, and taken back');
    const rollout = await endIt(context, service, trouble);
    await harm.settle();
    const { entries } = await store.readHistory(service, id);
    const reverted = entries.find(({ phase }) => phase === 'Reverting' || phase === 'Reverted')?.at ?? null;
    const clear = reverted === null ? null : await watch.awaitClear(reverted);
    const endedAt = entries.at(-1)?.at ?? clock.now();
    if (kind === 'broken' && rollout.state.phase === 'Promoted') await takeBack(context, service, trouble);
    const first = entries.find(({ asked }) => weightOf(asked, roles.canary) > 0)?.at ?? null;
    const failedAt = harm.begunAt === null ? null : firstFailure(watch.samples, harm.begunAt);
    const broken: DrillBreak = {
      // A program may go on for a while after what it does has begun to hurt.
      brokenAt: task.breaker === undefined ? first : earlier(harm.brokenAt, failedAt),
      failedAt,
      revertedAt: reverted,
      clearAt: clear,
    };
    const part: DrillPart = {
      kind,
      rollout: id,
      from: versionName(sourced, roles.stable),
      to: versionName(sourced, roles.canary),
      phase: rollout.state.phase,
      reason: rollout.state.reason,
      message: rollout.message,
      startedAt,
      endedAt,
      steps: entries
        .filter((entry, i) => entry.message !== entries[i - 1]?.message)
        .map(({ at, phase, asked, message }) => ({ at, phase, weight: weightOf(asked, roles.canary), message })),
      requests: watch.samples.length === 0 ? null : countAll(watch.samples),
      ...(kind === 'broken' ? { broken } : {}),
      trouble,
    };
    return { part, interrupted };
  } finally {
    await harm.settle();
    await watch.stop();
  }
}

/** A subset with its version, as people know it. */
export function versionName({ plan }: SourcedPlan, subset: string): string {
  const known = plan.subsets.find(({ name }) => name === subset);
  return `${subset} (${known?.version ?? known?.filter ?? '?'})`;
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? a : Math.min(a, b);
}

/** A rollout that is held, or that nobody ended, is taken back: a drill leaves nothing under way. */
async function endIt(context: Context, service: string, trouble: string[]): Promise<Rollout> {
  const { rollout } = await lookAt(context, service, 'entries');
  if (rollout !== undefined && isFinal(rollout)) return rollout;
  if (rollout !== undefined)
    trouble.push(`it stood ${rollout.state.phase} (${rollout.state.reason}) and was aborted: ${rollout.message}`);
  try {
    await act(context, service, abort, { depth: 'readable' });
    return await finish(context, service);
  } catch (error) {
    if (!(error instanceof CommandError) || rollout === undefined) throw error;
    trouble.push(`it was not taken back: ${error.message}`);
    return rollout;
  }
}

async function takeBack(context: Context, service: string, trouble: string[]): Promise<void> {
  await act(context, service, (rollout, verbContext) => undo(rollout, verbContext, Number.POSITIVE_INFINITY));
  await finish(context, service);
  trouble.push('no signal took the broken version back; the drill has undone it');
}

/** Breaks canary once users reach it, and mends it once. */
class Harm {
  readonly #context: Context;
  readonly #task: PartTask;
  readonly #trouble: string[];
  #breaking: Promise<void> | undefined;
  #mended = false;
  /** When the break was begun, and when it was done. */
  begunAt: number | null = null;
  brokenAt: number | null = null;

  constructor(context: Context, task: PartTask, trouble: string[]) {
    this.#context = context;
    this.#task = task;
    this.#trouble = trouble;
  }

  see({ rollout, seen }: Frame): void {
    const { breaker, roles } = this.#task;
    if (breaker === undefined || this.#breaking !== undefined || rollout === undefined || askedCanary(rollout) === 0) return;
    const reached = seen.observed === undefined || (seen.observed[roles.canary] ?? 0) > 0;
    if (reached && !isFinal(rollout)) this.#breaking = this.#break(breaker);
  }

  /** Waits for the break, and mends what it did. */
  async settle(): Promise<void> {
    await this.#breaking;
    const { breaker } = this.#task;
    if (breaker === undefined || this.#breaking === undefined || this.#mended) return;
    this.#mended = true;
    await breaker.mend().catch((error: Error) => this.#trouble.push(`canary may still be broken: ${error.message}`));
  }

  async #break(breaker: Breaker): Promise<void> {
    this.begunAt = this.#context.clock.now();
    try {
      await breaker.breakIt();
      this.brokenAt = this.#context.clock.now();
      this.#context.io.err(`Broken on purpose: ${breaker.how}\n`);
    } catch (error) {
      this.#trouble.push((error as Error).message);
      // Unbroken it would only be promoted.
      await act(this.#context, this.#task.sourced.plan.service, abort, { depth: 'readable' }).catch(() => undefined);
    }
  }
}
