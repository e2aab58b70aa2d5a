import { decideBaking } from './decide-baking.js';
import { decideEnded, decidePromoting, decideReverting } from './decide-ends.js';
import { decideGroup } from './decide-group.js';
import { decidePaused } from './decide-paused.js';
import { decidePending } from './decide-pending.js';
import { decideProgressing } from './decide-step.js';
import { decideUndo } from './decide-undo.js';
import { type Decision, type Situation, transition, wait } from './decision.js';
import { decideDrift } from './drift.js';
import { decideLostDriver } from './driver-lost.js';
import { metaOf } from './entries.js';
import { decideFirstLook } from './first-look.js';
import { findHarm } from './harm.js';
import { readRecord } from './record.js';
import { revert } from './revert.js';
import { isFinal, type Standing } from './rollout.js';
import { warned, warningsOf } from './warnings.js';

const LOOK_AGAIN = 50;
/** A change of stable's instances wakes earlier, ms. */
const LOOK_FOR_STABLE = 1_000;

/** The next move of a rollout: harm first, then drift, then what its phase asks for. Same input, same output; at most one write. */
export function decide(situation: Situation): Decision {
  const { rollout, now } = situation;
  if (isBehind(situation)) return wait('somebody has moved it on; looking again', now + LOOK_AGAIN);
  const { state } = rollout;
  if (state.reason === 'StableGone') return decideStableGone(situation, state.stood);
  const decision = decideIn(situation);
  if (decision.write !== undefined || isFinal(rollout)) return decision;
  const why = warningsOf(situation.seen, rollout).reduce(warned, decision.why);
  return { ...decision, why, wakeAt: Math.min(decision.wakeAt, deadlineOf(situation)) };
}

/** When the rollout is to be looked at for its deadline, however long its step is. */
function deadlineOf({ plan, rollout, now }: Situation): number {
  const due = rollout.startedAt + (plan.deadline ?? Number.POSITIVE_INFINITY);
  return due > now ? due : Number.POSITIVE_INFINITY;
}

/**
 * A rollout that wants to go back and cannot: what it would do in the state that it stood in is asked again. Whatever takes it back does so as soon as
 * stable is there; when nothing takes it back any more it goes on as it stood. Until then nothing moves.
 */
function decideStableGone(situation: Situation, stood: Standing): Decision {
  const { rollout, now } = situation;
  const decision = decideIn({ ...situation, rollout: { ...rollout, state: stood } });
  const phase = decision.next?.state.phase;
  if (phase === 'Reverting' || phase === 'Reverted') return decision;
  if (decision.next?.state.reason === 'StableGone') return wait(rollout.message, now + LOOK_FOR_STABLE);
  return transition(situation, { state: stood, message: 'nothing takes it back any more: it goes on as it stood' });
}

function decideIn(situation: Situation): Decision {
  const { rollout } = situation;
  switch (rollout.state.phase) {
    case 'Promoted':
      return decideUndo(situation) ?? decideGroup(situation) ?? decideEnded(situation);
    case 'Reverted':
    case 'Superseded':
      return decideEnded(situation);
    case 'Reverting':
      return decideReverting(situation);
    default:
      break;
  }
  const harm = findHarm(situation);
  if (harm !== undefined) return revert(situation, harm.reason, harm.message);
  const group = decideUndo(situation) ?? decideGroup(situation);
  if (group !== undefined) return group;
  const drift = decideDrift(situation);
  if (drift !== undefined) return drift;
  const lost = decideLostDriver(situation);
  if (lost !== undefined) return lost;
  const look = decideFirstLook(situation);
  if (look !== undefined) return look;
  switch (rollout.state.phase) {
    case 'Pending':
      return decidePending(situation);
    case 'Progressing':
      return decideProgressing(situation, rollout.state);
    case 'Paused':
      return decidePaused(situation);
    case 'Baking':
      return decideBaking(situation, rollout.state);
    case 'Promoting':
      return decidePromoting(situation, rollout.state);
  }
}

/** Whether the stored record of this rollout is newer than the one to decide on: a verb of an operator, which no decision may write over. */
function isBehind({ rollout, seen }: Situation): boolean {
  const stored = readRecord(metaOf(seen.splitter?.entry));
  return stored !== undefined && stored.id === rollout.id && stored.seq > rollout.seq;
}
