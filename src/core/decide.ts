import { decideBaking } from './decide-baking.js';
import { decideEnded, decidePromoting, decideReverting } from './decide-ends.js';
import { decideGroup } from './decide-group.js';
import { decidePaused } from './decide-paused.js';
import { decidePending } from './decide-pending.js';
import { decideProgressing } from './decide-step.js';
import { decideUndo } from './decide-undo.js';
import { type Decision, type Situation, wait } from './decision.js';
import { decideDrift } from './drift.js';
import { decideLostDriver } from './driver-lost.js';
import { metaOf } from './entries.js';
import { decideFirstLook } from './first-look.js';
import { findHarm } from './harm.js';
import { readRecord } from './record.js';
import { revert } from './revert.js';

const LOOK_AGAIN = 50;

/** The next move of a rollout: harm first, then drift, then what its phase asks for. Same input, same output; at most one write. */
export function decide(situation: Situation): Decision {
  const { rollout, now } = situation;
  if (isBehind(situation)) return wait('somebody has moved it on; looking again', now + LOOK_AGAIN);
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
