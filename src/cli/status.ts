import { ConsulError } from '../consul/errors.js';
import type { WaveState } from '../controller/wave-run.js';
import { metaOf } from '../core/entries.js';
import { lastHealthyIn } from '../core/history.js';
import { HOME } from '../core/home.js';
import type { Schedule } from '../core/plan.js';
import { readRecord } from '../core/record.js';
import { type Status, type StatusInput, statusOf } from '../core/status.js';
import type { Finding } from '../core/verdict.js';
import { alphaShare, findingOf } from '../judge/judge.js';
import { decodeTally } from '../judge/tally.js';
import { Screen } from '../view/screen.js';
import { renderStatus } from '../view/status.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { durationFlag } from './flag-values.js';
import { findRun, type GroupRun } from './group-run.js';
import { type CommandIo, printJson } from './io.js';
import { type Look, lookAt } from './look.js';
import { whoDrives } from './who-drives.js';

/** Flags of `splitter status`. */
export interface StatusFlags extends GlobalFlags {
  readonly watch?: boolean;
  readonly timeout?: string;
}

const REFRESH = 500;

/** `splitter status SERVICE [-w] [--timeout D]`: where the rollout stands. With -w it follows until the end and exits by the outcome. */
export async function status(service: string, flags: StatusFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const timeout = durationFlag('--timeout', flags.timeout);
  const run = await findRun(context, service);
  const isGroup = run !== undefined && !run.services.includes(service);
  // In lock step the first member tells the story of all.
  if (isGroup && (flags.watch === true || timeout !== undefined)) return watch(context, run.services[0]!, timeout);
  if (isGroup) return statusOfRun(context, run);
  if (flags.watch === true || timeout !== undefined) return watch(context, service, timeout);
  const now = await readStatus(context, service);
  if (context.json) printJson(io, now);
  else io.out(renderStatus(now, io.style, context.clock.now()));
  return EXIT.done;
}

/** The status of one service, with what its driver sees just now, if one lives. */
export async function readStatus(context: Context, service: string): Promise<Status> {
  const now = context.clock.now();
  const look = await lookAt(context, service);
  const [drives, group, waves, schedule] = await Promise.all([
    whoDrives(context, service, look.rollout?.group),
    readGroup(context, look),
    readWaves(context, look),
    readSchedule(context, service),
  ]);
  const driver = drives?.kind === 'foreground' ? drives.driver : undefined;
  const { rollout, plan } = look;
  const driven = rollout !== undefined && driver !== undefined && driver.id === rollout.driver ? driver : undefined;
  const findings = driven?.live?.findings ?? recordedFindings(look);
  const observed = driven?.live?.observed;
  const seen = { ...look.seen, findings, ...(observed === undefined ? {} : { observed }) };
  const live =
    driver === undefined
      ? drives?.kind === 'controller'
        ? { kind: 'controller', id: drives.id }
        : undefined
      : {
          kind: driver.kind,
          id: driver.id,
          ...(driven?.live === undefined ? {} : { why: driven.live.why, wakeAt: driven.live.wakeAt }),
        };
  return statusOf({
    service,
    rollout,
    seen,
    now,
    plan,
    driver: live,
    schedule,
    healthyAt: look.history === undefined ? undefined : lastHealthyIn(look.history),
    ...(group === undefined ? {} : { group }),
    ...(waves === undefined ? {} : { waves }),
  });
}

/** How the members of the group stand; undefined for a service on its own. */
async function readGroup(context: Context, { rollout, plan }: Look): Promise<StatusInput['group']> {
  const group = plan?.plan.group;
  if (rollout?.group === undefined || group === undefined) return undefined;
  const members = group.services.map(async (service) => {
    const { entry } = await context.mesh.readEntry('service-splitter', service);
    return { service, rollout: readRecord(metaOf(entry?.entry)) };
  });
  return { name: group.name, members: await Promise.all(members) };
}

/** Where a rollout in waves stands, as its controller last said; undefined for one without waves. */
async function readWaves(context: Context, { service, rollout }: Look): Promise<StatusInput['waves']> {
  if (rollout?.wave !== HOME) return undefined;
  const state = (await context.store.readWaves(service).catch(() => undefined)) as WaveState | undefined;
  return state?.rollout === rollout.id ? { why: state.why, sites: state.sites } : undefined;
}

/** The status of each member of a group. */
async function statusOfRun(context: Context, { name, services }: GroupRun): Promise<ExitCode> {
  const all = await Promise.all(services.map((service) => readStatus(context, service)));
  if (context.json) printJson(context.io, { group: name, services: all });
  else for (const one of all) context.io.out(`${renderStatus(one, context.io.style, context.clock.now())}\n`);
  return EXIT.done;
}

/** The schedule of the applied plan; what cannot be read is told, and is no reason to tell nothing else. */
async function readSchedule({ store, io }: Context, service: string): Promise<Schedule | undefined> {
  try {
    return (await store.readPlan(service))?.plan.schedule;
  } catch (error) {
    if (!(error instanceof ConsulError)) throw error;
    io.err(`Warning: the applied plan cannot be read: ${error.message}\n`);
    return undefined;
  }
}

/** The findings as the record keeps them, for when nobody measures now. */
function recordedFindings({ rollout, plan }: Look): readonly Finding[] {
  if (rollout === undefined || plan === undefined) return [];
  const tally = decodeTally(rollout.tally);
  const { signals } = plan.plan;
  return signals.map((signal) => findingOf(signal, tally[signal.name], { alpha: alphaShare(signal, signals), at: 0 }));
}

/** Follows the service's rollout until it comes to rest, and ends with the exit code of that; after `timeout` ms with 4. */
export async function watch(context: Context, service: string, timeout: number | undefined): Promise<ExitCode> {
  const { io, clock } = context;
  const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : clock.now() + timeout;
  const screen = new Screen(io.out, io.terminal.columns);
  let stopped = false;
  const off = io.onInterrupt(() => {
    stopped = true;
  });
  if (context.json) io.out(`${JSON.stringify({ type: 'version', version: 1 })}\n`);
  let said = '';
  try {
    for (;;) {
      const current = await readStatus(context, service);
      if (current.rollout === null) throw new CommandError(current.message, `splitter ramp ${service} --to 10`);
      const text = context.json ? JSON.stringify({ type: 'snapshot', ...current }) : renderStatus(current, io.style, clock.now());
      const key = [current.phase, current.reason, current.step?.index, current.canary?.weight.stored, current.driver?.id].join(
        '|',
      );
      if (!context.json && io.terminal.live) screen.draw(text.trimEnd().split('\n'));
      else if (key !== said) io.out(`${text.trimEnd()}\n`);
      said = key;
      const code = exitByPhase(current);
      if (code !== undefined) return code;
      if (stopped) return EXIT.interrupted;
      if (clock.now() >= deadline) {
        io.err(`still ${current.phase} after ${Math.round((timeout ?? 0) / 1000)}s: ${current.message}\n`);
        return EXIT.timedOut;
      }
      await new Promise((resolve) => setTimeout(resolve, REFRESH));
    }
  } finally {
    off();
  }
}

/** The exit code of a rollout that has come to rest; undefined while it moves. */
function exitByPhase({ phase, reason }: Status): ExitCode | undefined {
  if (phase === 'Promoted') return EXIT.done;
  if (phase === 'Reverted' || phase === 'Superseded') return EXIT.reverted;
  if (phase === 'Paused') return reason === 'TargetReached' ? EXIT.done : EXIT.needsPerson;
  return undefined;
}
