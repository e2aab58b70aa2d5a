import type { StartRule } from '../plan.js';
import { nextMatch } from './cron.js';
import { firstShown, latestShown, stretchAt } from './zone.js';

/** A rule that names times. */
export type TimedRule = Exclude<StartRule, { kind: 'new-version' }>;

type CronRule = Extract<StartRule, { kind: 'cron' }>;

const HOUR = 3_600_000;
const LOOKS_BACK: readonly number[] = [HOUR, 24 * HOUR, 35 * 24 * HOUR, 400 * 24 * HOUR, Number.POSITIVE_INFINITY];

/**
 * The first time after this instant (strictly) at which the rule is due; undefined when there is none. A cron text that names its hours means times of the clock:
 * each is due once, where it comes twice at the first, where it is skipped at the end of the gap. One with `*` in its hours means every so often: it is due
 * whenever a clock shows such a time, and so once each hour that really passes.
 */
export function nextDue(rule: StartRule, after: number): number | undefined {
  switch (rule.kind) {
    case 'at':
      return rule.at > after ? rule.at : undefined;
    case 'cron':
      return rule.fields.everyHour ? nextShown(rule, after) : nextOnce(rule, after);
    case 'new-version':
      return undefined;
  }
}

/** The last time in (from, to] at which the rule was due; undefined when there was none. */
export function lastDue(rule: TimedRule, from: number, to: number): number | undefined {
  for (const back of LOOKS_BACK) {
    const start = Math.max(from, to - back);
    let last: number | undefined;
    for (let due = nextDue(rule, start); due !== undefined && due <= to; due = nextDue(rule, due)) last = due;
    if (last !== undefined || start === from) return last;
  }
  return undefined;
}

function nextOnce({ fields, timezone }: CronRule, after: number): number | undefined {
  const local = nextMatch(fields, latestShown(timezone, after) + 1);
  return local === undefined ? undefined : firstShown(timezone, local);
}

function nextShown({ fields, timezone }: CronRule, after: number): number | undefined {
  for (let at = after + 1; ; ) {
    const { to, offset } = stretchAt(timezone, at);
    const local = nextMatch(fields, at + offset);
    if (local === undefined) return undefined;
    if (local - offset < to) return local - offset;
    at = to;
  }
}
