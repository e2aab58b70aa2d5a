import type { Measurement } from '../core/verdict.js';
import type { Measured } from './measured.js';

/** One measurement of what was asked about both subsets at the same moment; without a number on either side there is no pair. */
export function pairUp(canary: Measured, stable: Measured): Measured {
  return {
    query: `${canary.query} (canary); ${stable.query} (stable)`,
    raw: `${canary.raw} (canary); ${stable.raw} (stable)`,
    measurement: pairOf(canary.measurement, stable.measurement),
  };
}

function pairOf(canary: Measurement, stable: Measurement): Measurement {
  if (canary.kind === 'scalar' && stable.kind === 'scalar') return { kind: 'pair', canary: canary.value, stable: stable.value };
  const sides = [
    ['canary', canary],
    ['stable', stable],
  ] as const;
  // What cannot be measured is told before what has no data: it needs a person.
  for (const kind of ['error', 'none'] as const) {
    for (const [role, side] of sides) if (side.kind === kind) return { kind, why: `${role}: ${side.why}` };
  }
  return { kind: 'error', why: 'no single number of each subset' };
}
