import type { DriverInfo } from '../consul/driver-lock.js';
import type { Member } from '../consul/membership.js';
import { chargeKey } from '../core/group.js';
import { chargeOf } from '../core/rendezvous.js';
import { oneLine } from '../view/style.js';
import type { Context } from './context.js';
import { CommandError } from './exit.js';

/** Who advances a service now: a driver in a terminal, or the controller that answers for it. */
export type Drives =
  | { readonly kind: 'foreground'; readonly driver: DriverInfo }
  | { readonly kind: 'controller'; readonly id: string; readonly members: readonly Member[] };

/** Who advances the service, as a member of this group if it is one; undefined when nobody does. */
export async function whoDrives(context: Context, service: string, group: string | undefined): Promise<Drives | undefined> {
  const [driver, { members }] = await Promise.all([context.lock.read(service, context.clock.now()), context.members.list()]);
  if (driver !== undefined) return { kind: 'foreground', driver };
  const { owner } = chargeOf(
    chargeKey(service, group),
    members.map(({ id }) => id),
  );
  return owner === undefined ? undefined : { kind: 'controller', id: owner, members };
}

/** As a person says it: `the ramp of dana`, `the controller c1 (of 3)`. */
export function describeDrives(drives: Drives): string {
  if (drives.kind === 'foreground') return oneLine(`the ${drives.driver.kind} of ${drives.driver.by}`);
  return `the controller ${oneLine(drives.id)}${drives.members.length > 1 ? ` (of ${drives.members.length})` : ''}`;
}

/** The controllers that live; ends with exit 1 when there is none to hand a rollout to. */
export async function requireControllers(context: Context, instead: string): Promise<readonly Member[]> {
  const { members } = await context.members.list();
  if (members.length > 0) return members;
  throw new CommandError(
    'no controller runs, so nobody would drive it. Nothing was written',
    `splitter run   in another terminal or on another machine;   or   ${instead}`,
  );
}
