import type { Decision, Situation } from './decision.js';
import { openSince, whyClosed } from './schedule/closed.js';

/** How long it sleeps where only a person can end the hold; every change of the world wakes it earlier. */
const IDLE = 3_600_000;

/** Waits while a freeze or a closed window holds advances; undefined when nothing does, or when a person has just passed this step. Nothing is written, and no step grows old by it. */
export function holdWhileClosed({ plan, rollout, seen, now }: Situation): Decision | undefined {
  const { phase, reason } = rollout.state;
  if (reason === 'Resumed') return undefined;
  const closed = whyClosed(plan.schedule, seen.freeze, now);
  if (closed === undefined) return undefined;
  const byHand =
    phase === 'Pending' ? `abort ${plan.service} ends it` : `promote ${plan.service} --force passes this step by hand`;
  const remedy = closed.reason === 'Frozen' ? 'freeze off lets it go on' : byHand;
  const ends = [closed.until ?? now + IDLE, ...(plan.deadline === undefined ? [] : [rollout.startedAt + plan.deadline])];
  const wakeAt = Math.min(...ends.filter((end) => end > now));
  return { why: `held: ${closed.message}; splitter ${remedy}`, wakeAt, closed };
}

/** Since when the present step's time limits count: when it was entered or, if that is later, when a freeze or a closed window ended. */
export function clockSince({ plan, rollout, seen, now }: Situation): number {
  return Math.max(rollout.enteredAt, openSince(plan.schedule, seen.freeze, now));
}
