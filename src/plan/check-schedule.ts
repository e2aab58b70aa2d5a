import { AUTO } from '../core/auto.js';
import { boundsOf } from '../core/schedule/freeze.js';
import { readCron } from './cron.js';
import { errorAt, type Problem } from './problem.js';
import type { PlanText } from './schema.js';

type ScheduleText = NonNullable<PlanText['schedule']>;
type StartText = NonNullable<ScheduleText['start']>;

/** What a schedule must mean: something; one kind of start that can come; windows that open; freezes that end after they begin. */
export function checkSchedule(plan: PlanText): Problem[] {
  const { schedule } = plan;
  if (schedule === undefined) return [];
  const { start, windows, freeze } = schedule;
  if (start === undefined && windows.length === 0 && freeze.length === 0)
    return [errorAt(['schedule'], 'key', 'the schedule says nothing', 'write start, windows or freeze, or remove it')];
  return [
    ...(start === undefined ? [] : checkStart(start, plan)),
    ...windows.flatMap(({ from, to }, i) =>
      from === to
        ? [
            errorAt(
              ['schedule', 'windows', i, 'to'],
              'value',
              `the window closes when it opens, at ${to}`,
              'for a whole day write from: "00:00" and to: "24:00"',
            ),
          ]
        : [],
    ),
    ...freeze.flatMap((span, i) => {
      const { from, to } = boundsOf({ from: span.from, to: span.to, timezone: span.timezone });
      const hint = 'put the earlier one under from';
      return to > from
        ? []
        : [errorAt(['schedule', 'freeze', i, 'to'], 'value', `the freeze ends before it begins, at ${span.from}`, hint)];
    }),
  ];
}

function checkStart(start: StartText, plan: PlanText): Problem[] {
  const path = ['schedule', 'start'];
  const given = (['cron', 'at', 'on'] as const).filter((key) => start[key] !== undefined);
  if (given.length === 0)
    return [
      errorAt(path, 'key', 'the start says no time', 'write cron: "0 9 * * 1-5", at: 2026-12-01T09:00:00Z, or on: new_version'),
    ];
  if (given.length > 1)
    return [
      errorAt(
        [...path, given[1]!],
        'key',
        `a start has one cause, and this one has ${given.join(' and ')}`,
        `keep ${given[0]} or ${given[1]}`,
      ),
    ];
  if (start.on !== undefined) return [...checkLonely(start, ['timezone', 'catch_up'], 'on'), ...checkAuto(plan)];
  if (start.cron === undefined) return checkLonely(start, ['timezone'], 'at');
  const read = readCron(start.cron);
  if ('fields' in read) return [];
  return [errorAt([...path, 'cron'], { offset: read.offset }, `the cron text ${read.message}`, read.hint)];
}

function checkLonely(start: StartText, keys: readonly (keyof StartText)[], kind: string): Problem[] {
  return keys
    .filter((key) => start[key] !== undefined)
    .map((key) => errorAt(['schedule', 'start', key], 'key', `"${key}" means nothing beside "${kind}"`, 'remove it'));
}

/** A start on a new version needs a subset that takes it. */
function checkAuto({ subsets, stable }: PlanText): Problem[] {
  const takers = Object.entries(subsets).filter(([name]) => name !== stable);
  if (takers.some(([, { version }]) => version === AUTO)) return [];
  const message = 'the start waits for a new version, and canary is given one version only';
  const hint = `write version: ${AUTO} for ${takers.map(([name]) => name).join(' or ')}`;
  return [errorAt(['schedule', 'start', 'on'], 'value', message, hint)];
}
