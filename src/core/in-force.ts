import { laggingSite, unreadSites } from './datacenters.js';
import type { Situation } from './decision.js';
import { type Hold, holdForFollowing } from './gate.js';
import { formatLegs, ownLegs, sameShares } from './legs.js';
import { formatPercent } from './weights.js';

/** Asked, compiled and observed weights must agree before a weight counts as in force; `unknown` (no sidecar can be read) does not hold it up. */
export function notInForce(situation: Situation): Hold | undefined {
  const { rollout, seen } = situation;
  if (seen.chain === undefined || !sameShares(ownLegs(seen.chain.legs), ownLegs(rollout.asked))) {
    return { reason: 'Unclear', message: `waiting until Consul's discovery chain says ${formatLegs(rollout.asked)}` };
  }
  const [unread] = unreadSites(situation);
  if (unread !== undefined)
    return { reason: 'Unseen', message: `whether ${unread.name} has the new weights is not known: ${unread.unread}` };
  const lagging = laggingSite(situation, rollout.asked);
  if (lagging !== undefined)
    return {
      reason: 'Unclear',
      message: `waiting until the discovery chain of ${lagging.name} says ${formatLegs(rollout.asked)}`,
    };
  const stale = holdForFollowing(seen);
  if (stale !== undefined) return stale;
  if (seen.agreement === 'pending') {
    const until = seen.agreementAt === undefined ? {} : { until: seen.agreementAt };
    return { reason: 'Unclear', message: 'waiting until the sidecars have the new weights', ...until };
  }
  if (seen.agreement === 'differs')
    return {
      reason: 'Unclear',
      message: `the sidecars do not follow: asked for ${formatLegs(rollout.asked)}, observed ${formatObserved(seen.observed)}`,
    };
  return undefined;
}

function formatObserved(observed: Readonly<Record<string, number>> | undefined): string {
  return Object.entries(observed ?? {})
    .map(([subset, share]) => `${subset} ${formatPercent(Math.round(share / 10) * 10)}`)
    .join(', ');
}
