import { decidePromoting, decideReverting } from './decide-ends.js';
import { decidePaused } from './decide-paused.js';
import { decidePending } from './decide-pending.js';
import { decideBaking, decideProgressing } from './decide-step.js';
import { type Decision, type Situation, wait } from './decision.js';
import { decideDrift } from './drift.js';
import { findHarm } from './harm.js';
import { revert } from './revert.js';
import { isFinal } from './rollout.js';

/** How long a decision that waits for nothing in particular sleeps; every change of the world wakes it earlier. */
const IDLE = 3_600_000;

/** The next move of a rollout: harm first, then drift, then what its phase asks for. Same input, same output; at most one write. */
export function decide(situation: Situation): Decision {
  const { rollout, now } = situation;
  if (isFinal(rollout)) return wait(rollout.message, now + IDLE);
  if (rollout.state.phase === 'Reverting') return decideReverting(situation);
  const harm = findHarm(situation);
  if (harm !== undefined) return revert(situation, harm.reason, harm.message);
  const drift = decideDrift(situation);
  if (drift !== undefined) return drift;
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
    case 'Promoted':
    case 'Reverted':
    case 'Superseded':
      return wait(rollout.message, now + IDLE);
  }
}
