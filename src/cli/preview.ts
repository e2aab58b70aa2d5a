import type { Observation } from '../core/observation.js';
import type { Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import { type SimulatedWrite, simulate } from '../core/simulate.js';
import { renderWrites, type ShownWrite } from '../view/changes.js';
import type { Context } from './context.js';
import { printJson } from './io.js';
import type { SourcedPlan } from './plan-source.js';

/** Every write of a rollout that would begin now and go well, by the decisions that a driver would make; `at` in ms from now. */
export function previewWrites(plan: Plan, seen: Observation, roles: Roles, now: number): readonly SimulatedWrite[] {
  const beginning = { id: '0'.repeat(26), plan: '', driver: '', by: 'you' };
  return simulate(plan, { ...seen, resolverSince: now }, roles, beginning, now).flatMap((move) =>
    move.kind === 'write' ? [{ ...move, at: move.at - now }] : [],
  );
}

/** The same as a diff for people, or one JSON document with `-o json`. */
export function showPreview(context: Context, sourced: SourcedPlan, seen: Observation, roles: Roles): void {
  const writes = previewRollout(context, sourced, seen, roles);
  if (context.json) printJson(context.io, previewDocument(sourced, writes));
  else context.io.out(renderWrites(writes, context.io.style));
}

/** The writes of previewWrites as they are shown. */
export function previewRollout(
  { clock }: Context,
  { plan }: SourcedPlan,
  seen: Observation,
  roles: Roles,
): readonly ShownWrite[] {
  return previewWrites(plan, seen, roles, clock.now()).map(({ at, before, write, person }) => ({
    before,
    write,
    after: at,
    person,
  }));
}

/** The writes to one service as a document: what `plan` and every dry run print with `-o json`. */
export function previewDocument({ plan, digest }: SourcedPlan, writes: readonly ShownWrite[]): object {
  return { service: plan.service, digest, writes: writes.map(({ write, after }) => ({ ...write, afterMs: after ?? 0 })) };
}
