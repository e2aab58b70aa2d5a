import type { StartRule } from '../../../src/core/plan.js';
import { readCron } from '../../../src/plan/cron.js';

/** A rule that starts by this cron text, by the clocks of this zone. */
export function cron(text: string, timezone = 'UTC', catchUp = 3_600_000): Extract<StartRule, { kind: 'cron' }> {
  const read = readCron(text);
  if (!('fields' in read)) throw new Error(`${text} ${read.message}`);
  return { kind: 'cron', text, fields: read.fields, timezone, catchUp };
}
