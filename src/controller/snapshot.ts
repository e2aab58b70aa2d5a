import type { Leg } from '../core/legs.js';
import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';
import type { Finding } from '../core/verdict.js';

/** What a controller knows of one rollout just now, for metrics and pages. It is read and never changed. */
export interface RolloutSnapshot {
  readonly service: string;
  readonly rollout: Rollout;
  readonly findings: readonly Finding[];
  /** What the splitter in Consul says. */
  readonly stored: readonly Leg[];
  /** The measured share of each subset, in basis points; absent where no sidecar can be read. */
  readonly observed?: Readonly<Record<string, number>>;
  /** What this controller is to the rollout. */
  readonly role: 'owner' | 'guardian' | 'other';
}

/** What a controller knows of one service without asking anybody: its entries always; plan, instances and evidence where it looks after the rollout. */
export interface Sight {
  readonly service: string;
  readonly rollout: Rollout | undefined;
  readonly seen: Observation;
  readonly plan: Plan | undefined;
  readonly driver: { readonly kind: string; readonly id: string } | undefined;
}
