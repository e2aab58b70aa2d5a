import { watchUnanswered } from '../core/default-signals.js';
import { DEFAULTS } from '../core/defaults.js';
import { parseDuration } from '../core/duration.js';
import type { Signal } from '../core/plan.js';
import { parsePercent } from '../core/weights.js';
import { CommandError } from './exit.js';

/** How `--signal` is written, for help and errors. */
export const SIGNAL_FORMS =
  'errors=0.5%, unanswered=1% and 4xx=1% or 429=1% (of all requests; stable+1%: more than stable has), latency=500ms:5% (at most 5% slower), healthy=1, probe=http://…, none';

/** Signals from `--signal` flags; `none` alone means no signal at all, and errors bring unanswered requests with them. Replaces the plan's signals. */
export function parseSignals(flags: readonly string[]): readonly Signal[] {
  if (flags.length === 1 && flags[0] === 'none') return [];
  const signals = flags.map(parseSignal);
  const twice = signals.find((signal, index) => signals.findIndex((other) => other.name === signal.name) !== index);
  if (twice !== undefined)
    throw new CommandError(`--signal ${twice.name} is given twice`, 'for several of a kind, write them in a plan');
  return watchUnanswered(signals);
}

function parseSignal(text: string): Signal {
  const at = text.indexOf('=');
  const [name, value] = at === -1 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  const signal = read(name, value);
  if (signal === undefined) throw new CommandError(`--signal ${text} is not understood`, `write one of: ${SIGNAL_FORMS}`);
  return signal;
}

function read(name: string, value: string): Signal | undefined {
  switch (name) {
    case 'errors':
    case 'unanswered': {
      const limit = readLimit(value);
      return limit && { name, source: 'envoy', metric: name, ...limit };
    }
    case 'latency': {
      const [over, share] = [parseDuration(value.split(':')[0] ?? ''), parsePercent(value.split(':')[1] ?? '')];
      return over === undefined || share === undefined
        ? undefined
        : { name, source: 'envoy', metric: 'latency', over, max: share / 10_000 };
    }
    case 'healthy':
      return /^[1-9]\d*$/.test(value) ? { name, source: 'consul', minHealthy: Number(value) } : undefined;
    case 'probe':
      if (!/^https?:\/\/[^@]+$/.test(value)) return undefined;
      return {
        name,
        source: 'http',
        url: value,
        method: 'GET',
        interval: DEFAULTS.probeInterval,
        timeout: DEFAULTS.probeTimeout,
        failureLimit: DEFAULTS.failureLimit,
        errorLimit: DEFAULTS.errorLimit,
      };
    default: {
      const limit = /^[1-5](xx|\d\d)$/.test(name) ? readLimit(value) : undefined;
      return limit && { name, source: 'envoy', metric: 'codes', codes: [name], ...limit };
    }
  }
}

/** A bound like `1%`, or how much worse than stable canary may be, like `stable+1%`. */
function readLimit(value: string): { readonly max: number } | { readonly margin: number } | undefined {
  const share = parsePercent(value.replace(/^stable\+/, ''));
  if (share === undefined) return undefined;
  return value.startsWith('stable+') ? { margin: share / 10_000 } : { max: share / 10_000 };
}
