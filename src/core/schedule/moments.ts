import { localTime } from './zone.js';

const DAY = 86_400_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const;

/** A moment for people, by the clocks of a zone: `Tue 09:00 Europe/Paris` in the coming days, else `2026-12-01 09:00 Europe/Paris`. */
export function formatIn(zone: string, at: number, now: number): string {
  const local = new Date(localTime(zone, at));
  const text = local.toISOString();
  const day = at >= now && at < now + 6 * DAY ? WEEKDAYS[local.getUTCDay()] : text.slice(0, 10);
  return `${day} ${text.slice(11, 16)} ${zone}`;
}

/** A moment in full, by the clocks of a zone: `Mon 2026-11-23 09:00 Europe/Paris`. */
export function formatFull(zone: string, at: number): string {
  const local = new Date(localTime(zone, at));
  const text = local.toISOString();
  return `${WEEKDAYS[local.getUTCDay()]} ${text.slice(0, 10)} ${text.slice(11, 16)} ${zone}`;
}
