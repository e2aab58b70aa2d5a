import { ulid } from 'ulid';
import { type DriverInfo, isHeld } from '../consul/driver-lock.js';
import { isPassing } from '../consul/errors.js';
import { type DriveEnd, drive, type Frame } from '../controller/drive.js';
import { HOME } from '../core/home.js';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { type Check, preflight } from '../core/preflight.js';
import { owedBy } from '../core/programs.js';
import { formatTime } from '../core/record.js';
import { findRoles, isRefusal, type Roles } from '../core/roles.js';
import { hookAtEnd, isFinal, type Rollout } from '../core/rollout.js';
import { abort } from '../core/verbs/abort.js';
import { release } from '../core/verbs/release.js';
import { retarget } from '../core/verbs/retarget.js';
import { start } from '../core/verbs/start.js';
import type { HeldLock } from '../ports.js';
import { harmless, oneLine } from '../view/style.js';
import { act, finish, ringControllers } from './act.js';
import type { Context } from './context.js';
import { tellDraining } from './drained.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type FrameView, openView } from './frames.js';
import { lookAt } from './look.js';
import type { SourcedPlan } from './plan-source.js';
import { createSignals } from './signals.js';
import { openTelling, silentTelling } from './telling.js';

/** A person who attends the drive: sees it, gives it other plans, and may leave it as it stands. */
export interface Attended {
  readonly view: FrameView;
  /** A plan that the person gave it, by its digest. */
  readonly planOf: (digest: string) => Plan | undefined;
  /** Ends the drive: left on purpose if `hasLeft` says so, else like Ctrl-C. */
  readonly leave: AbortSignal;
  readonly hasLeft: () => boolean;
}

/** How a foreground drive behaves, as flags said. Times in ms. */
export interface DriveOptions {
  readonly kind: DriverInfo['kind'];
  readonly hold: number;
  readonly onInterrupt: 'hold' | 'revert';
  /** What the record is to say of the start, as that checks were skipped. */
  readonly note?: string | undefined;
  /** Begins it, or gives it new steps, and leaves it to the controllers. */
  readonly detach?: boolean;
  /** Leaves it as soon as it needs a person, instead of waiting for one. */
  readonly wait?: boolean;
  readonly attended?: Attended;
  /** The id of the rollout that begins, as members of a group share one; else it gets one of its own. */
  readonly id?: string;
  /** A rehearsal: the record says so, the version that was stable before may be its canary, and nobody is waited for when it is held. */
  readonly drill?: boolean;
  /** Is shown every moment of the drive, besides the view. */
  readonly onFrame?: (frame: Frame) => void;
}

/** How long a rehearsal that is held is waited for, ms: a signal may come back by itself. */
const DRILL_PATIENCE = 30_000;

/** Checks before anything is written; prints warnings, and ends with exit 1 when a check failed. What does not `advance` is held by no freeze; for `again` see findRoles. */
export function requireReady(context: Context, sourced: SourcedPlan, seen: Observation, advances = true, again = false): Roles {
  const roles = findRoles(sourced.plan, seen, { again });
  const checks = preflight(sourced.plan, seen, roles, advances ? context.clock.now() : undefined);
  for (const check of checks) if (check.verdict === 'warning') context.io.err(describeCheck(check));
  const failed = checks.filter((check) => check.verdict === 'failed');
  for (const check of failed.slice(1)) context.io.err(describeCheck(check));
  if (failed[0] !== undefined)
    throw new CommandError(
      `${failed[0].message} [${failed[0].name}]. Nothing was written`,
      failed[0].hint ?? `splitter doctor ${sourced.plan.service}`,
    );
  if (isRefusal(roles)) throw new CommandError(roles.message, roles.hint);
  // What rests on nothing but an order is said before anything is written by it.
  if (roles.told?.by === 'order') context.io.err(`${oneLine(roles.told.why)}; ${oneLine(roles.canary)} is canary\n`);
  return roles;
}

/** A check as one or two lines: `Warning: … [name]`, then what to type. */
export function describeCheck(check: Check): string {
  const label = check.verdict === 'failed' ? 'Error' : check.verdict === 'warning' ? 'Warning' : 'ok';
  return `${label}: ${oneLine(check.message)} [${check.name}]\n${check.hint === undefined ? '' : `  -> ${harmless(check.hint)}\n`}`;
}

/** Takes the service's lock, or ends with exit 1 and the name of whoever holds it. */
export async function takeLock(context: Context, service: string, driver: string, kind: DriverInfo['kind']): Promise<HeldLock> {
  const { clock, io, by, lock } = context;
  const taken = await lock.take(
    service,
    { id: driver, kind, by },
    () => clock.now(),
    (holder) => io.err(`${nameHolder(holder)} holds the lock; looking whether it still lives (5s)\n`),
  );
  if (isHeld(taken)) return taken;
  throw new CommandError(
    `${service} is driven already: ${nameHolder(taken)} (pid ${taken.pid}) since ${formatTime(taken.since)} [driven]`,
    `splitter status ${service} -w   or   splitter abort ${service}`,
  );
}

function nameHolder({ kind, by, host }: DriverInfo): string {
  return oneLine(`${kind} of ${by} on ${host}`);
}

/** A new driver id: what drives, where, and a unique part. */
export function newDriverId(kind: DriverInfo['kind'], by: string): string {
  return `${kind}:${by}:${process.pid}:${ulid()}`;
}

/** Drives the service in the foreground from here: a rollout under way goes on under the given plan, else one begins; ends with the exit code of its outcome. */
export async function driveService(
  context: Context,
  sourced: SourcedPlan,
  lock: HeldLock,
  driver: string,
  options: DriveOptions,
): Promise<ExitCode> {
  const { plan, digest, source } = sourced;
  const { service } = plan;
  const signals = createSignals(context, plan);
  const view = options.attended?.view ?? openView(context);
  // What controllers drive, they tell.
  const telling = options.detach === true ? silentTelling(context) : openTelling(context, plan);
  const interrupt = new AbortController();
  const off = context.io.onInterrupt(() => {
    context.io.err(
      interrupt.signal.aborted ? 'interrupted again: leaving at once\n' : 'interrupted: finishing the write that is under way\n',
    );
    if (interrupt.signal.aborted) process.exit(EXIT.interrupted);
    interrupt.abort();
  }, 'interrupts');
  const leave = options.attended?.leave;
  const onLeave = (): void => interrupt.abort();
  leave?.addEventListener('abort', onLeave);
  try {
    // What no terminal drives is the controllers'.
    const named = options.detach === true ? '' : driver;
    const { rollout, roles } = await takeOver(context, sourced, named, driver, options);
    if (options.detach === true && rollout !== undefined)
      return await conclude(context, service, { kind: 'recorded', rollout, why: rollout.message }, driver, options);
    const beginning = {
      id: rollout?.id ?? options.id ?? ulid(),
      ...(plan.group === undefined ? {} : { group: plan.group.name }),
      ...(plan.waves === undefined ? {} : { wave: HOME }),
      plan: digest,
      driver: named,
      by: context.by,
      ...(options.drill === true ? { drill: true as const } : {}),
      ...(options.note === undefined ? {} : { note: options.note }),
    };
    await context.store.recordPlan(service, beginning.id, digest, plan, source);
    const parts = {
      mesh: context.mesh,
      signals,
      log: telling.log,
      lock,
      programs: context.programs,
      freeze: context.freeze,
      clock: context.clock,
      isPassing,
      onStuck: telling.alarm,
    };
    const waits = options.wait === true ? 0 : context.io.terminal.live ? Number.POSITIVE_INFINITY : plan.stepTimeout;
    const patience = options.drill === true ? DRILL_PATIENCE : waits;
    const planOf = options.attended?.planOf ?? (() => undefined);
    const end = await drive(
      { plan, rollout, roles, beginning, hold: options.hold, patience, untilRecorded: options.detach === true, planOf },
      parts,
      (frame) => {
        view.show(frame, driver);
        options.onFrame?.(frame);
      },
      interrupt.signal,
    );
    view.close();
    return await conclude(context, service, end, driver, options);
  } finally {
    view.close();
    leave?.removeEventListener('abort', onLeave);
    await lock.release().catch(() => undefined);
    off();
    await telling.end();
  }
}

async function takeOver(
  context: Context,
  sourced: SourcedPlan,
  driver: string,
  own: string,
  { kind, note, drill }: DriveOptions,
): Promise<{ rollout: Rollout | undefined; roles: Roles }> {
  const { plan, digest, source } = sourced;
  let look = await lookAt(context, plan.service);
  // The lock is ours, so whoever was promoting or reverting is gone: what is left of it is done first.
  const ending = look.rollout?.state.phase === 'Promoting' || look.rollout?.state.phase === 'Reverting';
  const owing = look.rollout !== undefined && hookAtEnd(look.rollout) !== undefined;
  if ((kind === 'ramp' && ending) || owing) {
    await finish(context, plan.service, own);
    look = await lookAt(context, plan.service);
  }
  const instances = await context.mesh.countInstances(plan.service, plan.subsets);
  const roles = findRoles(plan, { ...look.seen, instances }, { again: drill === true });
  if (isRefusal(roles)) throw new CommandError(roles.message, roles.hint);
  if (look.rollout === undefined || isFinal(look.rollout)) return { rollout: undefined, roles };
  await context.store.recordPlan(plan.service, look.rollout.id, digest, plan, source);
  const acted = await act(context, plan.service, (rollout, verbContext) => {
    if (kind === 'ramp') return retarget(rollout, verbContext, digest, driver, owedBy(plan), note);
    const started = start(rollout, verbContext, digest, driver, 'reject');
    if (started.kind === 'go-on') return { kind: 'write', next: started.next, move: false };
    if (started.kind === 'refused') return started;
    return {
      kind: 'refused',
      message: `the rollout of ${plan.service} is ${rollout.state.phase} since a moment ago`,
      hint: `splitter status ${plan.service}`,
    };
  });
  return { rollout: acted.rollout, roles };
}

async function conclude(
  context: Context,
  service: string,
  end: DriveEnd,
  driver: string,
  options: DriveOptions,
): Promise<ExitCode> {
  const { io } = context;
  const say = (text: string): void => io.err(`${text}\n`);
  if (end.kind === 'interrupted' && options.attended?.hasLeft() === true) {
    const controllers = await leaveTo(context, service, driver);
    say(
      `${describeWatch(controllers)}\n  -> splitter ramp ${service} --interactive   goes on;   splitter promote ${service};   splitter abort ${service}   takes it back`,
    );
    return EXIT.done;
  }
  if (end.kind === 'interrupted') {
    if (options.onInterrupt === 'revert' && end.rollout !== undefined) {
      const acted = await act(context, service, abort, { entriesOnly: true });
      await finish(context, service);
      say(`Reverted ${service}: ${oneLine(acted.message)}`);
      return EXIT.interrupted;
    }
    say(
      `Interrupted: weights stand as they are, and nobody watches from here on.\n  -> splitter ramp ${service} --to …   goes on;   splitter abort ${service}   takes it back`,
    );
    return EXIT.interrupted;
  }
  const code = exitOf(end);
  const stands = end.kind === 'target' || end.kind === 'needs-person';
  say(describeEnd(service, { ...end, why: oneLine(end.why) }, await leaveTo(context, service, stands ? driver : undefined)));
  if (end.rollout?.state.phase === 'Promoted' && options.drill !== true) await tellDraining(context, service);
  if (context.json) io.out(`${JSON.stringify({ type: 'end', exit: code, message: end.why })}\n`);
  return code;
}

/** Tells the controllers that this terminal is done, and how many there are. A driver that leaves its rollout standing is not lost: they go on without asking. */
async function leaveTo(context: Context, service: string, driver: string | undefined): Promise<number> {
  const { members } = await context.members.list().catch(() => ({ members: [] }));
  if (driver !== undefined && members.length > 0)
    await act(context, service, (rollout) => release(rollout, driver), { entriesOnly: true }).catch(() => undefined);
  await ringControllers(context, service);
  return members.length;
}

function exitOf(end: DriveEnd): ExitCode {
  if (end.kind === 'left') return EXIT.error;
  if (end.kind === 'needs-person') return EXIT.needsPerson;
  if (end.kind === 'target' || end.kind === 'recorded') return EXIT.done;
  return end.rollout?.state.phase === 'Promoted' ? EXIT.done : EXIT.reverted;
}

/** What to type where a rollout waits for a person. */
function describeNeed(service: string, rollout: Rollout | undefined): string {
  const back = `splitter abort ${service}   takes it back;   splitter status ${service}`;
  if (rollout?.state.reason === 'Drift') return `splitter resume ${service} --adopt | --reassert;   ${back}`;
  return `splitter continue ${service}   goes on;   ${back}`;
}

/** Who looks after a rollout that its driver leaves. */
function describeWatch(controllers: number): string {
  if (controllers === 0) return 'Nobody watches from here on.';
  return controllers === 1 ? 'The controller watches it from here on.' : `${controllers} controllers watch it from here on.`;
}

function describeEnd(service: string, end: DriveEnd, controllers: number): string {
  const phase = end.rollout?.state.phase ?? 'Pending';
  switch (end.kind) {
    case 'target':
      return `Done: ${service} is ${phase} (TargetReached): ${end.why}.\n${describeWatch(controllers)}\n  -> splitter ramp ${service} --to …   goes on;   splitter promote ${service};   splitter abort ${service}   takes it back`;
    case 'needs-person':
      return `${service} is Paused (${end.rollout?.state.reason}): ${end.why}.\n${describeWatch(controllers)}\n  -> ${describeNeed(service, end.rollout)}`;
    case 'recorded':
      return `Handed over ${service}: ${end.why}\n${controllers === 1 ? 'The controller drives' : `${controllers} controllers drive`} it on.\n  -> splitter status ${service} -w`;
    case 'left':
      return `Left ${service}: ${end.why}\n  -> splitter status ${service} -w`;
    case 'finished':
    case 'interrupted':
      return phase === 'Promoted'
        ? `Promoted ${service}: ${end.why}`
        : `${phase} ${service}: ${end.why} [reverted]\n  -> splitter history ${service}   shows why, with the numbers`;
  }
}
