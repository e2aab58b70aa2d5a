import { renderStatus } from '../view/status.js';
import { type Context, createContext, type GlobalFlags } from './context.js';
import { EXIT, type ExitCode } from './exit.js';
import { durationFlag } from './flag-values.js';
import { findRun, type GroupRun } from './group-run.js';
import { type CommandIo, printJson } from './io.js';
import { readLiveStatus } from './scene.js';

/** Flags of `splitter status`. */
export interface StatusFlags extends GlobalFlags {
  readonly watch?: boolean;
  readonly timeout?: string;
}

/** `splitter status SERVICE [-w] [--timeout D]`: where the rollout stands. With -w it follows until the end and exits by the outcome. */
export async function status(service: string, flags: StatusFlags, io: CommandIo): Promise<ExitCode> {
  const context = createContext(flags, io);
  const timeout = durationFlag('--timeout', flags.timeout);
  const run = await findRun(context, service);
  const isGroup = run !== undefined && !run.services.includes(service);
  // In lock step the first member tells the story of all.
  const watched = isGroup ? run.services[0]! : service;
  // The watch brings every source of signals along, which the one look does not need.
  if (flags.watch === true || timeout !== undefined)
    return (await import('./watch-status.js')).watchStatus(context, watched, timeout);
  if (isGroup) return statusOfRun(context, run);
  const now = await readLiveStatus(context, service, context.json);
  if (context.json) printJson(io, now);
  else io.out(renderStatus(now, io.style, context.clock.now()));
  return EXIT.done;
}

/** The status of each member of a group. */
async function statusOfRun(context: Context, { name, services }: GroupRun): Promise<ExitCode> {
  const all = await Promise.all(services.map((service) => readLiveStatus(context, service, context.json)));
  if (context.json) printJson(context.io, { group: name, services: all });
  else for (const one of all) context.io.out(`${renderStatus(one, context.io.style, context.clock.now())}\n`);
  return EXIT.done;
}
