import { z } from 'zod';
import { isZone } from '../core/schedule/zone.js';
import { ARROW, duration } from './leaf.js';

/** Weekdays as plans write them, in the order of their numbers. */
export const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;
const NO_OFFSET = `does not say in which time zone${ARROW}add Z or an offset, like 2026-12-01T09:00:00Z or 2026-12-01T09:00:00+01:00`;
const NO_MOMENT = `is no moment${ARROW}write it like 2026-12-01T09:00:00Z`;
const NO_BOUND = `is neither a day nor a moment${ARROW}write it like 2026-12-20 or 2026-12-20T18:00:00Z`;
const NO_TIME = `is no time of the day${ARROW}write it in quotes, like "09:00"`;

const zone = () =>
  z.string().refine(isZone, { error: `is no time zone${ARROW}write a name of the IANA database, like Europe/Paris or UTC` });

const timezone = () => zone().default('UTC');

const BEGIN = /^(?:[01]\d|2[0-3]):[0-5]\d$/;
const END = /^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/;

const isMoment = (text: string): boolean => RFC_3339.test(text) && isDay(text.slice(0, 10)) && !Number.isNaN(Date.parse(text));

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;

const bound = () =>
  z
    .string({ error: NO_BOUND })
    .refine((text) => !/T\d{2}:\d{2}(:\d{2})?(\.\d+)?$/.test(text), { error: NO_OFFSET, abort: true })
    .refine((text) => isDay(text) || isMoment(text), { error: NO_BOUND });

const time = (form: RegExp) => z.string({ error: NO_TIME }).regex(form, { error: NO_TIME });

const start = z
  .strictObject({
    cron: z.string().optional().describe('Minute, hour, day of the month, month, weekday: when it starts, again and again'),
    at: z
      .string({ error: NO_MOMENT })
      .refine((text) => !/T\d{2}:\d{2}(:\d{2})?(\.\d+)?$/.test(text), { error: NO_OFFSET, abort: true })
      .refine(isMoment, { error: NO_MOMENT })
      .optional()
      .describe('When it starts, once: RFC 3339 with its offset'),
    on: z.enum(['new_version']).optional().describe('Starts when a new version appears in the catalog and passes its checks'),
    timezone: zone().optional().describe('Whose clocks cron means'),
    catch_up: duration()
      .optional()
      .describe('A start that could not be made when it was due is made up for within this time; default 1h'),
  })
  .describe('When a rollout starts by itself: cron, at or on, exactly one of them');

const window = z
  .strictObject({
    days: z
      .array(z.enum(WEEKDAYS))
      .min(1)
      .default([...WEEKDAYS])
      .describe('Days on which it opens'),
    from: time(BEGIN).describe('When it opens, like "09:00"'),
    to: time(END).describe('When it closes; on the next day when that is earlier than from'),
    timezone: timezone().describe('Whose clocks these times mean'),
  })
  .meta({ title: 'Window', description: 'When a rollout may advance' });

const freeze = z
  .strictObject({
    from: bound().describe('First day, or the moment from which on nothing advances'),
    to: bound().describe('Last day (it is frozen too), or the moment from which on it goes on'),
    reason: z.string().min(1).optional().describe('Why, for those whom it holds'),
    timezone: timezone().describe('Whose days these are'),
  })
  .meta({ title: 'Freeze', description: 'When a rollout may not advance' });

/** When a rollout starts by itself and when it may advance. Shape only; `checkSchedule` tells what the values mean together. */
export const scheduleSchema = z
  .strictObject({
    start: start.optional(),
    windows: z.array(window).default([]).describe('When a rollout may advance; at any time where there is none'),
    freeze: z.array(freeze).default([]).describe('When it may not. Neither ever holds a revert'),
  })
  .describe('When a rollout starts by itself, and when it may advance');
