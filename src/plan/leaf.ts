import { z } from 'zod';
import { parseDuration } from '../core/duration.js';
import { parsePercent } from '../core/weights.js';

/** Splits an error text of the schema: what is wrong `->` what to write instead. */
export const ARROW = ' -> ';

const A_YEAR = 366 * 24 * 3_600_000;
const DURATION = /^(?:(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+|0)$/;
const NO_DURATION = `is no duration${ARROW}write a number and its unit, like 90s, 5m or 1h30m`;
const NO_PERCENT = `is no percentage${ARROW}write 0 to 100 with at most two decimals, like 12.5 or "12.5%"`;
const NO_SHARE = `is no percentage${ARROW}write 0 to 100, like 0.5 or "0.5%"`;

function percentage(error: string) {
  const number = z.number().min(0, { error, abort: true }).max(100, { error, abort: true });
  return z.union([number, z.string().regex(/^\d{1,3}(?:\.\d+)?\s*%?$/, { error, abort: true })], { error });
}

const anyDuration = z
  .string({ error: NO_DURATION })
  .regex(DURATION, { error: NO_DURATION })
  .refine((text) => (parseDuration(text) ?? 0) <= A_YEAR, { error: `is longer than a year${ARROW}write a shorter time` });

/** A time as Consul writes it, up to a year; `0s` is one. */
export const durationOrZero = () => anyDuration;

/** A time as Consul writes it, longer than nothing. */
export const duration = () =>
  anyDuration.refine((text) => parseDuration(text) !== 0, { error: `is no time at all${ARROW}write more than 0s` });

/** A weight: a percentage of at most two decimals, as a number or a text. */
export const percent = () => percentage(NO_PERCENT).refine((value) => parsePercent(value) !== undefined, { error: NO_PERCENT });

/** A share of requests in percent, with any decimals. */
export const share = () => percentage(NO_SHARE).refine((value) => Number.parseFloat(String(value)) <= 100, { error: NO_SHARE });

/** A name of a service, namespace, partition or datacenter. */
export const consulName = () =>
  z.string().regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?$/, {
    error: `is no name that Consul routes by${ARROW}use letters, digits, - _ and . with a letter or digit at both ends`,
  });

/** A name of a subset, by Consul's own rule. */
export const subsetName = () =>
  z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, {
    error: `is no subset name that Consul takes${ARROW}use 1 to 63 lower case letters, digits or -, with a letter or digit at both ends`,
  });
