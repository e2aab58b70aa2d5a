import { type Decision, type Situation, wait } from './decision.js';
import { endedPeer, isTakenBack } from './group.js';
import { revert } from './revert.js';
import { askedCanary } from './rollout.js';

const LOOK_AGAIN = 50;
/** How long a member waits for those after it in the group, ms: one that is stuck does not hold up the others. */
export const IN_ORDER = 1_000;
/** How far the clocks of two hosts may differ before the order is given up for the speed, ms. */
const CLOCKS = 250;

/**
 * Takes a member back when another one of its run was: last in the group first, each when those after it have no canary traffic any more, or a second
 * has gone by. Undefined when nothing happened to the others. One whose own signals fail is taken back before this is asked.
 */
export function decideGroup(situation: Situation): Decision | undefined {
  const { plan, rollout, seen, now } = situation;
  const peers = seen.peers ?? [];
  const ended = endedPeer(rollout, peers);
  if (plan.group === undefined || ended?.rollout === undefined) return undefined;
  const same = ended.rollout.id === rollout.id;
  const what = same ? `was taken back: ${ended.rollout.message}` : 'has begun another rollout';
  const message = `${ended.service}, in the group ${plan.group.name}, ${what}`;
  const since = Math.min(
    ...peers.flatMap((peer) =>
      peer.rollout?.id === rollout.id && isTakenBack(peer.rollout)
        ? [peer.rollout.enteredAt]
        : same
          ? []
          : [ended.rollout!.startedAt],
    ),
  );
  const own = plan.group.services.indexOf(plan.service);
  const after = plan.group.services.slice(own + 1);
  const later = peers.find(
    (peer) =>
      after.includes(peer.service) &&
      peer.rollout?.id === rollout.id &&
      !isTakenBack(peer.rollout) &&
      askedCanary(peer.rollout) > 0,
  );
  if (later !== undefined && now >= since - CLOCKS && now < since + IN_ORDER)
    return wait(`${message}; ${later.service} goes back first`, Math.min(now + LOOK_AGAIN, since + IN_ORDER));
  return revert(situation, 'GroupReverted', message);
}
