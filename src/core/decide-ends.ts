import { type Decision, type Situation, transition } from './decision.js';
import { defaultSubsetOf, type EntryWrite, legsOf, type StoredEntry, withDefaultSubset } from './entries.js';
import { sameShares } from './legs.js';
import { followsCanary } from './revert.js';
import type { RevertReason, State } from './rollout.js';

/** The default subset follows the traffic, then the rollout is `Promoted`. */
export function decidePromoting(situation: Situation, state: Extract<State, { phase: 'Promoting' }>): Decision {
  const { rollout, seen, now } = situation;
  const behind = followingWrite(situation, rollout.canary);
  if (behind !== undefined) return { why: behind.why, wakeAt: now, write: behind };
  const byDefault = seen.resolver === undefined ? '' : ' and the default subset';
  const message = `${rollout.canary} is promoted: it is stable${byDefault} now; ${rollout.stable} stays warm`;
  return transition(situation, { state: { phase: 'Promoted', reason: state.reason, step: state.step }, message, enteredAt: now });
}

/** Traffic is on stable already; the default subset goes back too, then the rollout is `Reverted`. */
export function decideReverting(situation: Situation): Decision {
  const { rollout, seen, plan, now } = situation;
  const stored = seen.splitter === undefined ? [] : legsOf(seen.splitter.entry, plan.service);
  // Somebody may have written in between: users first, then the default subset.
  if (!sameShares(stored, rollout.asked)) return transition(situation, { asked: rollout.asked, message: rollout.message });
  const behind = followsCanary(seen, rollout) ? followingWrite(situation, rollout.stable) : undefined;
  if (behind !== undefined) return { why: behind.why, wakeAt: now, write: behind };
  const state: State = { phase: 'Reverted', reason: rollout.state.reason as RevertReason, step: rollout.state.step };
  return transition(situation, { asked: rollout.asked, state, message: rollout.message, enteredAt: now });
}

function followingWrite({ plan, seen }: Situation, subset: string): EntryWrite | undefined {
  const resolver: StoredEntry | undefined = seen.resolver;
  if (resolver === undefined || defaultSubsetOf(resolver.entry) === subset) return undefined;
  return {
    kind: 'service-resolver',
    name: plan.service,
    entry: withDefaultSubset(resolver, subset),
    cas: resolver.modifyIndex,
    why: `${subset} becomes the default subset`,
  };
}
