import type { Decision } from '../core/decision.js';
import { holdForPeers, type Want, wantOf } from '../core/group.js';
import type { Peer } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { Rollout } from '../core/rollout.js';

/** Where the members of groups say which place they want to go to, and wait for one another. One controller owns all members of a group. */
export class Barrier {
  readonly #wants = new Map<string, Want>();
  readonly #ring: (service: string) => void;

  /** `ring` is called for each other member when one has come to the barrier. */
  constructor(ring: (service: string) => void) {
    this.#ring = ring;
  }

  /** Why this decision of a member has to wait for the others; undefined when it may go, or advances nothing. */
  hold(plan: Plan, decision: Decision, rollout: Rollout, peers: readonly Peer[]): string | undefined {
    const { group, service, steps } = plan;
    const want = wantOf(decision, rollout, steps.length);
    if (group === undefined || want === undefined) {
      this.#wants.delete(service);
      return undefined;
    }
    const before = this.#wants.get(service);
    this.#wants.set(service, want);
    if (before?.place !== want.place || before.rollout !== want.rollout) for (const peer of peers) this.#ring(peer.service);
    return holdForPeers(want, group, peers, (peer) => this.#wants.get(peer), steps.length);
  }

  /** Forgets a member that is no longer looked after here. */
  forget(service: string): void {
    this.#wants.delete(service);
  }
}
