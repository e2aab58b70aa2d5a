import { DEFAULTS } from '../core/defaults.js';
import type { Schedule, StartRule } from '../core/plan.js';
import { readCron } from './cron.js';
import { given, ms } from './given.js';
import type { PlanText } from './schema.js';
import { WEEKDAYS } from './schema-schedule.js';

type ScheduleText = NonNullable<PlanText['schedule']>;

/** The normal form of a schedule that has passed `checkSchedule`. */
export function toSchedule({ start, windows, freeze }: ScheduleText): Schedule {
  return {
    ...(start === undefined ? {} : { start: toStart(start) }),
    ...(windows.length === 0
      ? {}
      : {
          windows: windows.map((window) => ({
            ...window,
            days: toDays(window.days),
            from: minute(window.from),
            to: minute(window.to),
          })),
        }),
    ...(freeze.length === 0
      ? {}
      : { freeze: freeze.map(({ from, to, timezone, reason }) => ({ from, to, timezone, ...given('reason', reason) })) }),
  };
}

function toStart({ cron, at, timezone = 'UTC', catch_up }: NonNullable<ScheduleText['start']>): StartRule {
  const catchUp = catch_up === undefined ? DEFAULTS.catchUp : ms(catch_up);
  if (at !== undefined) return { kind: 'at', at: Date.parse(at), catchUp };
  const read = cron === undefined ? undefined : readCron(cron);
  if (cron === undefined || read === undefined || !('fields' in read)) return { kind: 'new-version' };
  return { kind: 'cron', text: cron, fields: read.fields, timezone, catchUp };
}

function toDays(days: readonly (typeof WEEKDAYS)[number][]): readonly number[] {
  return [...new Set(days)].map((day) => WEEKDAYS.indexOf(day)).sort((a, b) => a - b);
}

function minute(time: string): number {
  const [hours, minutes] = time.split(':').map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
