import type { Plan } from '../core/plan.js';
import type { SignalSource, TrafficSource } from '../ports.js';
import { createSignalSource } from '../signals/registry.js';
import type { Context } from './context.js';

/** The sources of evidence for one plan, reading Consul through the command's own client. */
export function createSignals(context: Context, plan: Plan): SignalSource & TrafficSource {
  return createSignalSource({ context, plan } as never);
}
