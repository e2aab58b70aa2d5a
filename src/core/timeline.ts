import { type EntryKind, legsOf } from './entries.js';
import type { Leg } from './legs.js';
import type { Observation } from './observation.js';
import type { Plan } from './plan.js';
import { describeProgram } from './programs.js';
import { findRoles, isRefusal, type Roles, type RolesRefusal } from './roles.js';
import type { Phase } from './rollout.js';
import { simulate } from './simulate.js';

/** A mesh that knows nothing of the service yet. */
export const EMPTY_MESH: Observation = { resolverSince: 0, instances: {}, agreement: 'unknown', findings: [] };

/** One write of a plan, one program that it runs, or one wait for a window: ms from the start at the earliest, which entry, why, and the weights after it in basis points. */
export interface TimelineWrite {
  readonly at: number;
  readonly kind: EntryKind | 'program' | 'closed';
  readonly why: string;
  readonly legs: readonly Leg[];
  /** A person makes it. */
  readonly person: boolean;
}

/** The course of a plan from nothing: its writes in order, when it ends at the earliest (ms), and how. */
export interface Timeline {
  readonly writes: readonly TimelineWrite[];
  readonly earliest: number;
  /** Open pauses: each waits for a person. */
  readonly people: number;
  readonly end: { readonly phase: Phase; readonly message: string };
}

/** The roles that a plan would begin with in an empty mesh; where nothing says which subset users are on, the first one. */
export function rolesOfPlan(plan: Plan): Roles | RolesRefusal {
  const told = findRoles(plan, EMPTY_MESH);
  const [first] = plan.subsets.filter(({ name }) => !plan.legs.some((leg) => leg.subset === name));
  return isRefusal(told) && plan.stable === undefined && first !== undefined
    ? findRoles({ ...plan, stable: first.name }, EMPTY_MESH)
    : told;
}

/** The time line of a plan that begins at `start` (ms; its windows make a difference) in an empty mesh in which all goes well, by a driver's own decisions. */
export function timelineOf(plan: Plan, roles: Roles, start = 0): Timeline {
  const mesh = { ...EMPTY_MESH, resolverSince: start };
  const simulated = simulate(plan, mesh, roles, { id: '0'.repeat(26), plan: '', driver: '', by: 'you' }, start);
  let legs = roles.legs;
  const writes = simulated.map((move): TimelineWrite => {
    if (move.kind === 'program') {
      const { point, program } = move.call;
      return { at: move.at - start, kind: 'program', why: `${point}: ${describeProgram(program)}`, legs, person: false };
    }
    if (move.kind === 'closed')
      return { at: move.at - start, kind: 'closed', why: `held: ${move.closed.message}`, legs, person: false };
    const { write, person } = move;
    const at = move.at - start;
    if (write.kind === 'service-splitter' && write.entry !== undefined) legs = legsOf(write.entry, plan.service);
    return { at, kind: write.kind, why: write.why, legs, person };
  });
  const last = simulated.flatMap((move) => (move.kind === 'write' && move.next !== undefined ? [move.next] : [])).at(-1);
  return {
    writes,
    earliest: (simulated.at(-1)?.at ?? start) - start,
    people: writes.filter(({ person }) => person).length,
    end: { phase: last?.state.phase ?? 'Pending', message: last?.message ?? '' },
  };
}
