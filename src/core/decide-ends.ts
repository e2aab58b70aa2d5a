import { type Decision, type Situation, transition, wait } from './decision.js';
import { defaultSubsetOf, type EntryWrite, storedLegs, subsetsOf, withDefaultSubset } from './entries.js';
import { sameShares } from './legs.js';
import { settleHook } from './programs.js';
import { fitsMeta } from './record.js';
import { followsCanary } from './revert.js';
import { hookAtEnd, type RevertReason, type State } from './rollout.js';
import { routeWrite } from './route.js';

const IDLE = 3_600_000;

/** The user's own last word, then the routes go and the default subset follows the traffic; then the rollout is `Promoted`. */
export function decidePromoting(situation: Situation, state: Extract<State, { phase: 'Promoting' }>): Decision {
  const { rollout, seen, plan, now } = situation;
  const hook = settleHook(situation, 'before_promote');
  if (hook !== undefined) return hook;
  const behind = routeWrite(plan.service, seen, []) ?? followingWrite(situation, rollout.canary);
  if (behind !== undefined) return { why: behind.why, wakeAt: now, write: behind };
  const byDefault = seen.resolver === undefined ? '' : ' and the default subset';
  const message = `${rollout.canary} is promoted: it is stable${byDefault} now; ${rollout.stable} stays warm`;
  const before = subsetsOf(seen.resolver?.entry).get(rollout.stable);
  return transition(situation, {
    state: { phase: 'Promoted', reason: state.reason, step: state.step },
    message,
    enteredAt: now,
    ...(before === undefined || !fitsMeta(before) ? {} : { before }),
  });
}

/** Traffic is on stable already; routes and default subset go back too, then the rollout is `Reverted` (or `Superseded`). */
export function decideReverting(situation: Situation): Decision {
  const { rollout, seen, plan, now } = situation;
  const stored = storedLegs(seen, plan.service);
  // Somebody may have written in between: users first, then what leads to canary by name.
  if (!sameShares(stored, rollout.asked)) return transition(situation, { asked: rollout.asked, message: rollout.message });
  const behind = leftBehind(situation);
  if (behind !== undefined) return { why: behind.why, wakeAt: now, write: behind };
  const { reason, step } = rollout.state;
  const state: State =
    reason === 'NewRollout' ? { phase: 'Superseded', reason, step } : { phase: 'Reverted', reason: reason as RevertReason, step };
  return transition(situation, { asked: rollout.asked, state, message: rollout.message, enteredAt: now });
}

/** An ended rollout: a write of its own that arrived after its end is taken back, and a hook that it still owes runs; nothing else moves it. */
export function decideEnded(situation: Situation): Decision {
  const { rollout, now } = situation;
  const reverted = rollout.state.phase === 'Reverted' || rollout.state.phase === 'Superseded';
  const behind = reverted ? leftBehind(situation) : undefined;
  if (behind !== undefined) return { why: behind.why, wakeAt: now, write: behind };
  const hook = hookAtEnd(rollout);
  return (hook === undefined ? undefined : settleHook(situation, hook)) ?? wait(rollout.message, now + IDLE);
}

/** What still leads to canary by name after its traffic was taken back: a route, or the default subset. */
function leftBehind(situation: Situation): EntryWrite | undefined {
  const { seen, rollout, plan } = situation;
  return (
    routeWrite(plan.service, seen, []) ?? (followsCanary(seen, rollout) ? followingWrite(situation, rollout.stable) : undefined)
  );
}

function followingWrite({ plan, seen }: Situation, subset: string): EntryWrite | undefined {
  const { resolver } = seen;
  if (resolver === undefined || defaultSubsetOf(resolver.entry) === subset) return undefined;
  return {
    kind: 'service-resolver',
    name: plan.service,
    entry: withDefaultSubset(resolver, subset),
    cas: resolver.modifyIndex,
    why: `${subset} becomes the default subset`,
  };
}
