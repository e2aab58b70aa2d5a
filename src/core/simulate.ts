import type { Beginning } from './begin.js';
import { beginCourse, type Course, decideCourse, decideResume, followDecision } from './course.js';
import type { EntryWrite, StoredEntry } from './entries.js';
import { entryOfKind, type Observation } from './observation.js';
import type { Plan } from './plan.js';
import type { ProgramCall } from './programs.js';
import type { Roles } from './roles.js';
import { hookAtEnd, isFinal, type Rollout } from './rollout.js';
import type { Closed } from './schedule/closed.js';

/** One write of a simulated rollout: when, what it replaces, and the record after it (none for defaults and resolver). */
export interface SimulatedWrite {
  readonly at: number;
  readonly before: StoredEntry | undefined;
  readonly write: EntryWrite;
  readonly next: Rollout | undefined;
  /** A person was needed for it. */
  readonly person: boolean;
}

/** One move of a simulated rollout: a write, a program of the user's that runs, or a wait for a window to open or a freeze to end. */
export type SimulatedMove =
  | ({ readonly kind: 'write' } & SimulatedWrite)
  | { readonly kind: 'program'; readonly at: number; readonly call: ProgramCall }
  | { readonly kind: 'closed'; readonly at: number; readonly closed: Closed };

/** Looks a simulation may take: a hold is looked at four times a second, so this is a hold of seven hours. */
const ENOUGH = 100_000;

/**
 * The whole course of a rollout in a mesh in which all goes well, by the same decisions that a driver makes: every write and program in order, until the end, the
 * target, or a pause that the plan did not ask for. A person resumes each open pause at once.
 */
export function simulate(
  plan: Plan,
  seen: Observation,
  roles: Roles,
  beginning: Beginning,
  now: number,
): readonly SimulatedMove[] {
  const moves: SimulatedMove[] = [];
  let course = beginCourse(plan, seen, roles, beginning);
  let at = now;
  for (let turn = 0; turn < ENOUGH && !hasStopped(course); turn++) {
    const person = course.rollout?.state.phase === 'Paused';
    const decision = person ? decideResume(course, at) : decideCourse(course, course.world.findings, at);
    if (decision === undefined) return moves;
    if (decision.call !== undefined) {
      moves.push({ kind: 'program', at, call: decision.call });
      course = followDecision(course, decision, at);
      continue;
    }
    if (decision.write === undefined) {
      if (decision.closed !== undefined) {
        moves.push({ kind: 'closed', at, closed: decision.closed });
        if (decision.closed.until === undefined) return moves;
      }
      at = Math.max(at + 1, decision.wakeAt);
      continue;
    }
    const before = entryOfKind(course.world, decision.write.kind);
    moves.push({ kind: 'write', at, before, write: decision.write, next: decision.next, person });
    course = followDecision(course, decision, at);
  }
  return moves;
}

/** Whether a course goes no further by itself, not even with a person at its open pauses. */
export function hasStopped({ rollout }: Course): boolean {
  if (rollout === undefined) return false;
  if (isFinal(rollout)) return hookAtEnd(rollout) === undefined;
  return rollout.state.phase === 'Paused' && rollout.state.reason !== 'PauseStep';
}
