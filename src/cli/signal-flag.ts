import { DEFAULTS } from '../core/defaults.js';
import { parseDuration } from '../core/duration.js';
import type { Signal } from '../core/plan.js';
import { parsePercent } from '../core/weights.js';
import { CommandError } from './exit.js';

/** How `--signal` is written, for help and errors. */
export const SIGNAL_FORMS = 'errors=0.5%, latency=500ms:5% (at most 5% slower), healthy=1, probe=http://…, none';

/** Signals from `--signal` flags; `none` alone means no signal at all. Replaces the plan's signals. */
export function parseSignals(flags: readonly string[]): readonly Signal[] {
  if (flags.length === 1 && flags[0] === 'none') return [];
  const signals = flags.map(parseSignal);
  const twice = signals.find((signal, index) => signals.findIndex((other) => other.name === signal.name) !== index);
  if (twice !== undefined)
    throw new CommandError(`--signal ${twice.name} is given twice`, 'for several of a kind, write them in a plan');
  return signals;
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
    case 'errors': {
      const max = parsePercent(value);
      return max === undefined ? undefined : { name, source: 'envoy', metric: 'errors', max: max / 10_000 };
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
    default:
      return undefined;
  }
}
