import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import { type SimulatedWrite, simulate } from '../core/simulate.js';
import { renderWrites } from '../view/changes.js';
import type { Style } from '../view/style.js';

/** Every write of a rollout that would begin now and go well, by the decisions that a driver would make; `at` in ms from now. */
export function previewWrites(plan: Plan, seen: Observation, roles: Roles, now: number): readonly SimulatedWrite[] {
  const beginning = { id: '0'.repeat(26), plan: '', driver: '', by: 'you' };
  return simulate(plan, { ...seen, resolverSince: now }, roles, beginning, now).flatMap((move) =>
    move.kind === 'write' ? [{ ...move, at: move.at - now }] : [],
  );
}

/** The same as text. */
export function previewRollout(plan: Plan, seen: Observation, roles: Roles, style: Style, now: number): string {
  return renderWrites(
    previewWrites(plan, seen, roles, now).map(({ at, before, write, person }) => ({ before, write, after: at, person })),
    style,
  );
}
