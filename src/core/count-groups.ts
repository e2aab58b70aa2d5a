import type { EnvoySignal } from './plan.js';

/** The count signals that count exactly the same requests as bad, together. */
export function groupByCount(signals: readonly EnvoySignal[]): readonly (readonly [EnvoySignal, ...EnvoySignal[]])[] {
  const groups = new Map<string, [EnvoySignal, ...EnvoySignal[]]>();
  for (const signal of signals) {
    const key = `${signal.metric} ${signal.over ?? ''} ${signal.codes?.join() ?? ''}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [signal]);
    else known.push(signal);
  }
  return [...groups.values()];
}
