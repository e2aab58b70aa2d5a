import type { Decision } from './decision.js';
import type { Peer } from './observation.js';
import type { Group } from './plan.js';
import type { Rollout, State } from './rollout.js';

/** What a member waits for at the barrier: the place that it wants, and the state that it wants to leave for it. */
export interface Want {
  readonly rollout: string;
  readonly from: State;
  readonly place: number;
}

/** The key by which controllers share out a service: members of a group are all one controller's. */
export function chargeKey(service: string, group: string | undefined): string {
  return group === undefined ? service : `group/${group}`;
}

/** How far a rollout has come among the steps of its plan: -1 before the first, `steps` in the bake, then being promoted, then promoted. */
export function placeOf({ phase, step }: State, steps: number): number {
  switch (phase) {
    case 'Pending':
      return step - 1;
    case 'Promoting':
      return steps + 1;
    case 'Promoted':
      return steps + 2;
    default:
      return step;
  }
}

/** The place that a decision would move the rollout to; undefined when it advances nothing. While a promotion is under way any write is its end. */
export function wantOf({ write, next }: Decision, rollout: Rollout, steps: number): Want | undefined {
  if (write === undefined) return undefined;
  const from = rollout.state;
  const place = next === undefined ? (from.phase === 'Promoting' ? steps + 2 : -1) : placeOf(next.state, steps);
  return place > placeOf(from, steps) ? { rollout: rollout.id, from, place } : undefined;
}

/** Why a member may not go to the place that it wants, as a sentence; undefined when every other one is there already or wants to go there too. */
export function holdForPeers(
  want: Want,
  group: Group,
  peers: readonly Peer[],
  wants: (service: string) => Want | undefined,
  steps: number,
): string | undefined {
  const late = peers.find(({ service, rollout }) => {
    if (rollout === undefined || rollout.id !== want.rollout) return true;
    return placeOf(rollout.state, steps) < want.place && placeWanted(wants(service), rollout) < want.place;
  });
  return late === undefined
    ? undefined
    : `waiting for ${late.service}, in lock step in ${group.name}: ${describeStand(late, want.rollout)}`;
}

/** A want counts only as long as its member stands where it did: one that a person has paused since wants nothing. */
function placeWanted(want: Want | undefined, { id, state }: Rollout): number {
  const same =
    want?.rollout === id && want.from.phase === state.phase && want.from.reason === state.reason && want.from.step === state.step;
  return same ? want.place : Number.NEGATIVE_INFINITY;
}

function describeStand({ rollout }: Peer, run: string): string {
  if (rollout === undefined || rollout.id !== run) return 'it has not begun';
  const { phase, reason, step } = rollout.state;
  return phase === 'Paused' ? `it is Paused (${reason}) at step ${step + 1}` : `it is ${phase} at step ${step + 1}`;
}

/** The other members that are ends of the run for all: taken back, or gone on to a newer rollout while this one is under way. */
export function endedPeer(rollout: Rollout, peers: readonly Peer[]): Peer | undefined {
  const gone = peers.filter((peer) => peer.rollout?.id === rollout.id && isTakenBack(peer.rollout));
  // The first cause says more than what followed from it.
  const back = gone.find((peer) => peer.rollout?.state.reason !== 'GroupReverted') ?? gone[0];
  if (back !== undefined || rollout.state.phase === 'Promoted') return back;
  // ULIDs sort by time: an older rollout is one that this run has not replaced yet.
  return peers.find((peer) => peer.rollout !== undefined && peer.rollout.id > rollout.id);
}

/** Whether the rollout's traffic is on its way back to stable, or there. */
export function isTakenBack({ state: { phase } }: Rollout): boolean {
  return phase === 'Reverting' || phase === 'Reverted' || phase === 'Superseded';
}
