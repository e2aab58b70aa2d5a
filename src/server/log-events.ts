import { formatDuration } from '../core/duration.js';
import { type Log, withoutAddresses } from './log.js';

/** Something that cannot be done just now. `service` where it is about one; `code` and `hint` as the error has them. */
export interface Trouble {
  readonly what: string;
  readonly service?: string;
  readonly code?: string;
  readonly message: string;
  readonly hint?: string;
}

/** Logs trouble, as a warning: call it when it begins or changes, not at every try. */
export function logTrouble(log: Log, { message, ...fields }: Trouble): void {
  log.warn(fields, message);
}

/** Logs that trouble is over, after so many ms. */
export function logRecovery(log: Log, what: string, after: number, service?: string): void {
  const fields = { what, seconds: Math.round(after / 1_000), ...(service === undefined ? {} : { service }) };
  log.info(fields, `${what}: well again after ${formatDuration(after)}`);
}

/** Logs who controls now, and who came or went since the last time. */
export function logMembership(log: Log, members: readonly string[], before: readonly string[]): void {
  const joined = members.filter((id) => !before.includes(id));
  const left = before.filter((id) => !members.includes(id));
  const changes = [...joined.map((id) => `${id} joined`), ...left.map((id) => `${id} left`)];
  const count = `${members.length} ${members.length === 1 ? 'controller' : 'controllers'}`;
  log.info({ members, joined, left }, [count, ...changes].join(', '));
}

/** Where a plan was refused, and why. */
export interface RefusedPlan {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
  readonly service?: string;
}

/** Logs a refused plan, as an error: it stays out of force until a person has mended it. */
export function logPlanRefused(log: Log, { file, line, column, message, hint, service }: RefusedPlan): void {
  const fields = { ...(service === undefined ? {} : { service }), file, line, column, ...(hint === undefined ? {} : { hint }) };
  log.error(fields, `${file}:${line}:${column}: ${message}; the last good plan stays in force`);
}

/** Logs what became of a plan: taken into force, or no longer followed. */
export function logPlan(log: Log, service: string, what: 'applied' | 'forgotten', source: string, digest?: string): void {
  const words =
    what === 'applied' ? `plan applied from ${source}` : `plan from ${source} is gone: forgotten, nothing is torn down`;
  log.info({ service, plan: what, source, ...(digest === undefined ? {} : { digest }) }, words);
}

/** Logs a notification that did not get through. The address may be in `why`, and is left out. */
export function logNotificationFailed(log: Log, channel: string, why: string): void {
  log.warn({ what: 'notification', channel }, withoutAddresses(why));
}
