import type { Schedule } from '../plan.js';
import { boundsOf, type Freeze, freezeEnd, isFrozen } from './freeze.js';
import { formatIn } from './moments.js';
import { openingsAround } from './windows.js';

/** Why nothing may advance now, as a sentence for people; `until` in ms, absent where a person has to end it. */
export interface Closed {
  readonly reason: 'Frozen' | 'PlanFreeze' | 'OutsideWindow';
  readonly message: string;
  readonly until?: number;
}

/** What holds advances now: the switch, a freeze of the plan, or the lack of an open window; undefined when nothing does. It never holds a revert. */
export function whyClosed(schedule: Schedule | undefined, freeze: Freeze | undefined, now: number): Closed | undefined {
  if (isFrozen(freeze, now)) return frozen(freeze, now);
  for (const span of schedule?.freeze ?? []) {
    const { from, to } = boundsOf(span);
    if (now < from || now >= to) continue;
    const why = span.reason === undefined ? '' : ` (${span.reason})`;
    return { reason: 'PlanFreeze', message: `its plan is frozen${why} until ${formatIn(span.timezone, to, now)}`, until: to };
  }
  if (schedule?.windows === undefined || schedule.windows.length === 0) return undefined;
  const openings = openingsAround(schedule.windows, now);
  if (openings.some(({ from, to }) => from <= now && now < to)) return undefined;
  const [next] = openings.filter(({ from }) => from > now).sort((a, b) => a.from - b.from);
  if (next === undefined) return { reason: 'OutsideWindow', message: 'outside its window' };
  return {
    reason: 'OutsideWindow',
    message: `outside its window until ${formatIn(next.timezone, next.from, now)}`,
    until: next.from,
  };
}

/** The same of one service: `payments is frozen by dana (holidays)`. */
export function sayClosed(service: string, { reason, message }: Closed): string {
  return `${service} is ${reason === 'PlanFreeze' ? `held: ${message}` : message}`;
}

/** Since when advances are open as they are now: the end of the last thing that held them, ms; minus infinity where nothing did lately. */
export function openSince(schedule: Schedule | undefined, freeze: Freeze | undefined, now: number): number {
  const openings = openingsAround(schedule?.windows ?? [], now);
  const ends = [
    ...(freeze === undefined ? [] : [freezeEnd(freeze)]),
    ...(schedule?.freeze ?? []).map((span) => boundsOf(span).to),
    // A window that opens while another is open opens nothing.
    ...openings.filter(({ from }) => !openings.some((other) => other.from < from && other.to >= from)).map(({ from }) => from),
  ];
  return ends.reduce<number>(
    (last, end) => (end !== undefined && end <= now ? Math.max(last, end) : last),
    Number.NEGATIVE_INFINITY,
  );
}

function frozen({ by, reason, until }: Freeze, now: number): Closed {
  const message = `frozen by ${by}${reason === '' ? '' : ` (${reason})`}`;
  return until === undefined
    ? { reason: 'Frozen', message }
    : { reason: 'Frozen', message: `${message} until ${formatIn('UTC', until, now)}`, until };
}
