import { metaOf } from '../core/entries.js';
import { chargeKey, endedPeer } from '../core/group.js';
import type { Peer } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import { groupIn, readRecord } from '../core/record.js';
import type { Rollout } from '../core/rollout.js';
import { Barrier } from './barrier.js';
import type { Overview } from './overview.js';
import type { Circumstances } from './pilot.js';

/** The groups of a controller: who belongs to whom by the lists, what the members know of one another, and the barrier between them. */
export class Groups {
  readonly #overview: Overview;
  readonly #held: (service: string) => Rollout | undefined;
  readonly #ring: (service: string) => void;
  readonly #barrier: Barrier;

  /** `held` gives the record that a post of this controller knows, which may be newer than the lists. */
  constructor(overview: Overview, held: (service: string) => Rollout | undefined, ring: (service: string) => void) {
    this.#overview = overview;
    this.#held = held;
    this.#ring = ring;
    this.#barrier = new Barrier(ring);
  }

  /** The key by which controllers share out the service: that of its group, if it is a member of one. */
  keyOf(service: string): string {
    return chargeKey(service, this.#groupOf(service));
  }

  /** Lets the other members of the service's group have a turn. */
  ringOthers(service: string): void {
    const group = this.#groupOf(service);
    if (group === undefined) return;
    for (const member of this.#overview.membersOf(group)) if (member !== service) this.#ring(member);
  }

  /** Whether a promoted member is needed again, because another one of its run was taken back. */
  callsBack(rollout: Rollout): boolean {
    if (rollout.group === undefined || rollout.state.phase !== 'Promoted') return false;
    const peers = this.#overview.membersOf(rollout.group).map((service) => peer(service, this.#listed(service)));
    return endedPeer(rollout, peers) !== undefined;
  }

  /** What bears on a turn of a member; nothing for a service on its own. */
  about(plan: Plan): Circumstances {
    if (plan.group === undefined) return {};
    const peers = (): readonly Peer[] => this.#peersOf(plan);
    return { peers, holdAdvance: (decision, rollout) => rollout && this.#barrier.hold(plan, decision, rollout, peers()) };
  }

  /** Forgets a member that is no longer looked after here. */
  forget(service: string): void {
    this.#barrier.forget(service);
  }

  #groupOf(service: string): string | undefined {
    return groupIn(metaOf(this.#overview.entriesOf(service).splitter?.entry)) ?? this.#held(service)?.group;
  }

  #listed(service: string): Rollout | undefined {
    return readRecord(metaOf(this.#overview.entriesOf(service).splitter?.entry));
  }

  /** The other members, each by the newest record that is known. */
  #peersOf({ service, group }: Plan): readonly Peer[] {
    const others = (group?.services ?? []).filter((name) => name !== service);
    return others.map((name) => {
      const [listed, held] = [this.#listed(name), this.#held(name)];
      const newer = held !== undefined && (listed === undefined || (held.id === listed.id && held.seq > listed.seq));
      return peer(name, newer ? held : listed);
    });
  }
}

function peer(service: string, rollout: Rollout | undefined): Peer {
  return rollout === undefined ? { service } : { service, rollout };
}
