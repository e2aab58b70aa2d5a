import type { CronFields } from '../plan.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
/** The 29th of February is at most eight years away. */
const FURTHEST = 9 * 366 * DAY;

/** The first full minute, at this time of the clock or later, that the fields name; undefined when there is none (a 31st of February). */
export function nextMatch(fields: CronFields, from: number): number | undefined {
  let day = Math.floor(from / DAY) * DAY;
  let minute = Math.ceil((from - day) / MINUTE);
  while (day < from + FURTHEST) {
    const date = new Date(day);
    if (!fields.months.includes(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
    } else {
      const time = isNamed(fields, date) ? timeFrom(fields, minute) : undefined;
      if (time !== undefined) return day + time * MINUTE;
      day += DAY;
    }
    minute = 0;
  }
  return undefined;
}

/** Cron's own rule: where both day fields are restricted, a day that either names is due; else one that both do. */
function isNamed({ days, weekdays, everyDay, everyWeekday }: CronFields, date: Date): boolean {
  const [byDay, byWeekday] = [days.includes(date.getUTCDate()), weekdays.includes(date.getUTCDay())];
  return everyDay || everyWeekday ? byDay && byWeekday : byDay || byWeekday;
}

function timeFrom({ hours, minutes }: CronFields, earliest: number): number | undefined {
  for (const hour of hours)
    if (hour * 60 + 59 >= earliest) for (const minute of minutes) if (hour * 60 + minute >= earliest) return hour * 60 + minute;
  return undefined;
}
