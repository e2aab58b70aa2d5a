import type { Step } from '../core/plan.js';
import { envoyWeight, formatPercent, nearestExact } from '../core/weights.js';
import type { CommandIo } from './io.js';

/** Warns of weights that Consul hands to Envoy a little smaller, with the exact ones nearby. */
export function warnCutWeights(io: CommandIo, steps: readonly Step[]): void {
  for (const step of steps) {
    if (step.kind !== 'weight' || envoyWeight(step.to) === step.to) continue;
    io.err(
      `Warning: Envoy gets ${formatPercent(envoyWeight(step.to))} for ${formatPercent(step.to)} (Consul truncates); exact ones nearby: ${nearestExact(step.to).map(formatPercent).join(', ')}\n`,
    );
  }
}
