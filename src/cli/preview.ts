import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import { type SimulatedWrite, simulate } from '../core/simulate.js';
import { renderWrites } from '../view/changes.js';
import type { Style } from '../view/style.js';

/** Every write of a rollout that would begin now and go well, by the decisions that a driver would make. */
export function previewWrites(plan: Plan, seen: Observation, roles: Roles): readonly SimulatedWrite[] {
  const beginning = { id: '0'.repeat(26), plan: '', driver: '', by: 'you' };
  return simulate(plan, seen, roles, beginning, 0).flatMap((move) => (move.kind === 'write' ? [move] : []));
}

/** The same as text. */
export function previewRollout(plan: Plan, seen: Observation, roles: Roles, style: Style): string {
  return renderWrites(
    previewWrites(plan, seen, roles).map(({ at, before, write, person }) => ({ before, write, after: at, person })),
    style,
  );
}
