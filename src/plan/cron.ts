import { type CronFieldError, validateDetailed } from 'node-cron';
import type { CronFields } from '../core/plan.js';
import { nextMatch } from '../core/schedule/cron.js';

/** A cron text that was read, or what is wrong with it; `offset` is the character in the text. */
export type CronRead =
  | { readonly fields: CronFields }
  | { readonly message: string; readonly hint: string; readonly offset: number };

const NAMES = ['minute', 'hour', 'day of the month', 'month', 'weekday'] as const;
const NODE_CRON = ['minute', 'hour', 'dayOfMonth', 'month', 'dayOfWeek'];
const RANGES = ['0-59', '0-23', '1-31', '1-12 or jan-dec', '0-7 or sun-sat'] as const;
const FORM = 'write five fields: minute, hour, day of the month, month, weekday, like 0 9 * * 1-5';

/** Reads a cron text of five fields: numbers, names, lists, ranges and steps. */
export function readCron(text: string): CronRead {
  const words = [...text.matchAll(/\S+/g)];
  if (words.length === 6)
    return {
      message: 'has six fields, and a rollout does not start by the second',
      hint: 'leave out the first field',
      offset: 0,
    };
  if (words.length !== 5) return { message: `is not five fields but ${words.length}`, hint: FORM, offset: 0 };
  const wrong = (index: number, message: string, hint: string): CronRead => ({ message, hint, offset: words[index]?.index ?? 0 });
  const special = words.findIndex(([word]) => /[#?]/.test(word) || /(^|[\d,])[LW]/i.test(word));
  if (special >= 0)
    return wrong(
      special,
      `has ${words[special]?.[0]} as its ${NAMES[special]}; L, W, # and ? are not known`,
      'write numbers or *',
    );
  const { valid, fields, errors } = validateDetailed(words.map(([word]) => word).join(' '));
  if (!valid || fields === undefined) {
    const [first] = errors;
    const index = first === undefined ? -1 : NODE_CRON.indexOf(first.field);
    return index < 0 ? { message: 'cannot be read', hint: FORM, offset: 0 } : wrong(index, ...describe(first!, index));
  }
  const starred = (index: number): boolean => words[index]?.[0].startsWith('*') === true;
  const read: CronFields = {
    minutes: sorted(fields.minute),
    hours: sorted(fields.hour),
    days: sorted(fields.dayOfMonth),
    months: sorted(fields.month),
    weekdays: sorted(fields.dayOfWeek),
    everyHour: starred(1),
    everyDay: starred(2),
    everyWeekday: starred(4),
  };
  return nextMatch(read, 0) === undefined
    ? wrong(2, 'names a day that no month has', 'write a day that there is')
    : { fields: read };
}

function describe({ value, message }: CronFieldError, index: number): [message: string, hint: string] {
  if (/impossible/.test(message)) return ['names a day that no month has', 'write a day that there is'];
  return [`has ${value} as its ${NAMES[index]}`, `write ${RANGES[index]}, lists like 1,5, steps like */5, or *`];
}

function sorted(values: readonly (number | string)[]): readonly number[] {
  return [...new Set(values.map(Number))].sort((a, b) => a - b);
}
