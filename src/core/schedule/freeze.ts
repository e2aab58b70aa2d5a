import type { FreezeSpan } from '../plan.js';
import { firstShown } from './zone.js';

const DAY = 86_400_000;

/** The switch that stops all advances: who turned it on, and why; in force from `since` to `until` or, if it was turned off before, `ended`. Times in ms. */
export interface Freeze {
  readonly by: string;
  readonly reason: string;
  readonly since: number;
  readonly until?: number;
  /** When it was turned off. The switch is remembered, so that time in a freeze is not counted against a step. */
  readonly ended?: number;
}

/** When a freeze ends or has ended, ms; undefined for one that has to be turned off. */
export function freezeEnd({ until, ended }: Freeze): number | undefined {
  const end = Math.min(until ?? Number.POSITIVE_INFINITY, ended ?? Number.POSITIVE_INFINITY);
  return Number.isFinite(end) ? end : undefined;
}

/** Whether the switch is on at this moment. */
export function isFrozen(freeze: Freeze | undefined, now: number): freeze is Freeze {
  return freeze !== undefined && now < (freezeEnd(freeze) ?? Number.POSITIVE_INFINITY);
}

/** The instants of a plan's freeze, `from` included and `to` not: a day begins and ends by the clocks of its zone. */
export function boundsOf({ from, to, timezone }: FreezeSpan): { readonly from: number; readonly to: number } {
  return { from: instantOf(from, timezone, 0), to: instantOf(to, timezone, DAY) };
}

function instantOf(text: string, timezone: string, more: number): number {
  return text.includes('T') ? Date.parse(text) : firstShown(timezone, Date.parse(`${text}T00:00:00Z`) + more);
}
