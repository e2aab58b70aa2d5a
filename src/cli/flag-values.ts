import { parseDuration } from '../core/duration.js';
import type { Protocol } from '../core/plan.js';
import { type BasisPoints, parsePercent } from '../core/weights.js';
import { CommandError } from './exit.js';

/** Basis points of a percentage flag; ends with exit 1 when it is none. */
export function percentFlag(flag: string, text: string): BasisPoints {
  const points = parsePercent(text);
  if (points === undefined)
    throw new CommandError(
      `${flag} ${text} is not a percentage from 0 to 100 with at most two decimals`,
      `write ${flag} 50 or ${flag} 12.5%`,
    );
  return points;
}

/** Milliseconds of a duration flag; undefined when it was not given. */
export function durationFlag(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new CommandError(`${flag} ${text} is not a duration`, `write it like ${flag} 90s, ${flag} 5m or ${flag} 1h30m`);
  return ms;
}

/** The protocol of a flag; ends with exit 1 when Consul cannot split it. */
export function protocolFlag(text: string): Protocol {
  if (text === 'http' || text === 'http2' || text === 'grpc') return text;
  throw new CommandError(`--protocol ${text}: Consul splits http, http2 and grpc only`, '--protocol http');
}
