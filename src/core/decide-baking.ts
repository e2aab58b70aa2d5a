import { type Decision, type Situation, transition, wait } from './decision.js';
import { formatDuration } from './duration.js';
import { holdForDatacenters, holdForEvidence, passedAbove } from './gate.js';
import { describeGuard } from './guard.js';
import { holdWhileClosed } from './hold-closed.js';
import { notInForce } from './in-force.js';
import type { State } from './rollout.js';
import { hold } from './stand.js';

/** A rollout at full weight: watches for the bake, then promotes. */
export function decideBaking(situation: Situation, state: Extract<State, { phase: 'Baking' }>): Decision {
  const { plan, rollout, now } = situation;
  if (state.reason === 'Resumed') return promote(situation, state.step);
  const unsettled = notInForce(situation);
  if (unsettled !== undefined) return hold(situation, unsettled, plan.bake);
  if (now < rollout.enteredAt + plan.bake) return wait(`baking: ${describeGuard(plan)}`, rollout.enteredAt + plan.bake);
  const closed = holdWhileClosed(situation);
  if (closed !== undefined) return closed;
  const evidence = holdForDatacenters(situation) ?? holdForEvidence(situation, plan.bake);
  return evidence === undefined ? promote(situation, state.step) : hold(situation, evidence, plan.bake);
}

function promote(situation: Situation, step: number): Decision {
  const { plan, rollout, now } = situation;
  const said = passedAbove(situation).map((note) => ` (${note})`);
  return transition(situation, {
    state: { phase: 'Promoting', reason: 'BakePassed', step },
    message: `${rollout.canary} passed its bake of ${formatDuration(plan.bake)}; making it the default subset${said.join('')}`,
    enteredAt: now,
  });
}
