import type { DriveEnd } from '../controller/drive.js';
import type { Proof } from '../core/proof.js';
import type { Rollout } from '../core/rollout.js';
import { abort } from '../core/verbs/abort.js';
import { release } from '../core/verbs/release.js';
import { insteadOfGoingBack } from '../core/way-back.js';
import { oneLine } from '../view/style.js';
import { act, finish, ringControllers } from './act.js';
import type { Context } from './context.js';
import { tellDraining } from './drained.js';
import type { DriveOptions } from './drive-service.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { tellOffCanary } from './off-canary.js';

/** Says how a foreground drive ended, who looks after the rollout from there on, and what to type; gives the exit code of that. */
export async function conclude(
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
      say(await takeBack(context, service));
      await tellOffCanary(context, service);
      return EXIT.interrupted;
    }
    const controllers = await leaveTo(context, service, undefined).catch(() => 0);
    say(
      `Interrupted: weights stand as they are. ${describeWatch(controllers)}\n  -> splitter ramp ${service} --to …   goes on;   splitter abort ${service}   takes it back`,
    );
    return EXIT.interrupted;
  }
  const proof = proofAt(end, options);
  const code = exitOf(end, proof);
  if (end.kind === 'target' && options.looksOnly === true) return concludeLook(context, service, proof);
  const stands = end.kind === 'target' || end.kind === 'needs-person';
  const why = oneLine(proof === undefined ? end.why : `${end.why}; ${describeProof(proof, options)}`);
  say(describeEnd(service, { ...end, why }, await leaveTo(context, service, stands ? driver : undefined), proof));
  const phase = end.rollout?.state.phase;
  if (phase === 'Promoted' && options.drill !== true) await tellDraining(context, service);
  if ((phase === 'Reverted' || phase === 'Superseded') && options.drill !== true) await tellOffCanary(context, service);
  if (context.json) io.out(`${JSON.stringify({ type: 'end', exit: code, message: why })}\n`);
  return code;
}

/** A person has said that it goes on: it may where nothing speaks against it, be there much traffic or none. */
function concludeLook({ io }: Context, service: string, proof: Proof | undefined): ExitCode {
  if (proof?.doubt === undefined) return EXIT.done;
  io.err(
    `${service} stays where it is: nobody watched it until now, and ${oneLine(proof.doubt)}. Nobody watches from here on.\n  -> splitter promote ${service}   goes on all the same;   splitter abort ${service}   takes it back\n`,
  );
  return EXIT.needsPerson;
}

function proofAt(end: DriveEnd, { unwatched }: DriveOptions): Proof | undefined {
  if (end.kind !== 'target') return undefined;
  return unwatched === undefined ? end.proof : { kind: 'unwatched', why: unwatched };
}

function describeProof({ kind, why }: Proof, { leaves }: DriveOptions): string {
  switch (kind) {
    case 'clear':
      return `clear: ${why}`;
    case 'open':
      return `not proven: ${why}${leaves === true ? '; left at once, as --no-hold says' : ''}`;
    case 'unwatched':
      return why;
  }
}

/** What became of a revert that was asked for beforehand, as words. */
async function takeBack(context: Context, service: string): Promise<string> {
  try {
    const acted = await act(context, service, abort, { depth: 'readable' });
    await finish(context, service);
    return `Reverted ${service}: ${oneLine(acted.message)}`;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return `Not taken back: ${oneLine(error.message)}\n  -> ${error.hint}`;
  }
}

/** Tells the controllers that this terminal is done, and how many there are. A driver that leaves its rollout standing is not lost: they go on without asking. */
async function leaveTo(context: Context, service: string, driver: string | undefined): Promise<number> {
  const { members } = await context.members.list().catch(() => ({ members: [] }));
  if (driver !== undefined && members.length > 0)
    await act(context, service, (rollout) => release(rollout, driver), { depth: 'entries' }).catch(() => undefined);
  await ringControllers(context, service);
  return members.length;
}

function exitOf(end: DriveEnd, proof: Proof | undefined): ExitCode {
  if (end.kind === 'left') return EXIT.error;
  if (end.kind === 'needs-person') return EXIT.needsPerson;
  if (end.kind === 'target') return proof?.kind === 'open' ? EXIT.needsPerson : EXIT.done;
  if (end.kind === 'recorded') return EXIT.done;
  return end.rollout?.state.phase === 'Promoted' ? EXIT.done : EXIT.reverted;
}

/** What to type where a rollout waits for a person. */
function describeNeed(service: string, rollout: Rollout | undefined): string {
  if (rollout?.state.reason === 'StableGone') return insteadOfGoingBack(service, true);
  const back = `splitter abort ${service}   takes it back;   splitter status ${service}`;
  if (rollout?.state.reason === 'Drift') return `splitter resume ${service} --adopt | --reassert;   ${back}`;
  return `splitter continue ${service}   goes on;   ${back}`;
}

/** Who looks after a rollout that its driver leaves. */
function describeWatch(controllers: number): string {
  if (controllers === 0) return 'Nobody watches from here on.';
  return controllers === 1 ? 'The controller watches it from here on.' : `${controllers} controllers watch it from here on.`;
}

function describeEnd(service: string, end: DriveEnd, controllers: number, proof: Proof | undefined): string {
  const phase = end.rollout?.state.phase ?? 'Pending';
  switch (end.kind) {
    case 'target':
      return `${proof?.kind === 'open' ? '' : 'Done: '}${service} is ${phase} (TargetReached): ${end.why}.\n${describeWatch(controllers)}\n  -> splitter ramp ${service} --to …   goes on;   splitter promote ${service};   splitter abort ${service}   takes it back`;
    case 'needs-person':
      return `${service} is Paused (${end.rollout?.state.reason}): ${end.why}.\n${describeWatch(controllers)}\n  -> ${describeNeed(service, end.rollout)}`;
    case 'recorded':
      return `Handed over ${service}: ${end.why}\n${describeDrive(controllers)}\n  -> splitter status ${service} -w`;
    case 'left':
      return `Left ${service}: ${end.why}\n  -> splitter status ${service} -w`;
    case 'finished':
    case 'interrupted':
      return phase === 'Promoted'
        ? `Promoted ${service}: ${end.why}`
        : `${phase} ${service}: ${end.why} [reverted]\n  -> splitter history ${service}   shows why, with the numbers`;
  }
}

function describeDrive(controllers: number): string {
  if (controllers === 0) return 'No controller is there any more: nobody drives it.';
  return controllers === 1 ? 'The controller drives it on.' : `${controllers} controllers drive it on.`;
}
