import { afterWrite } from './after-write.js';
import { type Beginning, decideBeginning } from './begin.js';
import { decide } from './decide.js';
import { type Decision, splitterWrite } from './decision.js';
import type { Instances, Observation } from './observation.js';
import type { Plan } from './plan.js';
import { describeProgram, type ProgramCall, type ProgramOutcome } from './programs.js';
import type { Roles } from './roles.js';
import type { Rollout } from './rollout.js';
import { resume } from './verbs/resume.js';
import type { Finding } from './verdict.js';

/** A rollout in a mesh that does at once what it is told: the plan, the world after the writes so far, and the record (none before the first). */
export interface Course {
  readonly plan: Plan;
  readonly roles: Roles;
  readonly beginning: Beginning;
  readonly world: Observation;
  readonly rollout: Rollout | undefined;
  /** Programs that have run, all of them well. */
  readonly ran: readonly ProgramOutcome[];
}

const PLENTY: Instances = { passing: 1_000, warning: 0, critical: 0 };

/** A course before its first move, in the mesh as seen but with the same plenty of healthy instances in every subset, and with no freeze. */
export function beginCourse(plan: Plan, seen: Observation, roles: Roles, beginning: Beginning): Course {
  const { freeze: _, ...thawed } = seen;
  const instances = Object.fromEntries(plan.subsets.map((subset) => [subset.name, PLENTY]));
  return {
    plan,
    roles,
    beginning,
    world: { ...thawed, instances, findings: plan.signals.map(goodFinding), agreement: 'agrees' },
    rollout: undefined,
    ran: [],
  };
}

/** What a driver would decide now, given these findings. */
export function decideCourse(
  { plan, roles, beginning, world, rollout, ran }: Course,
  findings: readonly Finding[],
  now: number,
): Decision {
  if (rollout === undefined) return decideBeginning(plan, world, roles, beginning, now);
  return decide({ plan, rollout, seen: { ...world, findings }, tally: '', ran, now });
}

/** What a person's `splitter resume` would do now; undefined when there is nothing to resume. */
export function decideResume({ plan, world, rollout }: Course, now: number): Decision | undefined {
  if (rollout === undefined) return undefined;
  const result = resume(rollout, { service: plan.service, seen: world, by: 'a person', now }, undefined, plan.steps.length);
  if (result.kind !== 'write') return undefined;
  const write = splitterWrite(world, plan.service, result.next, result.move);
  return { why: write.why, wakeAt: now, next: result.next, write };
}

/** The course after the write of a decision; a program that it asks for ends well at once; the same course when it was to wait. */
export function followDecision(course: Course, decision: Decision, now: number): Course {
  if (decision.call !== undefined) return { ...course, ran: [...course.ran, goodOutcome(decision.call, now)] };
  if (decision.write === undefined) return course;
  const world = afterWrite(course.world, decision.write, course.plan.service, now);
  return { ...course, world, rollout: decision.next ?? course.rollout };
}

/** The finding of a signal by which all is well. */
export function goodFinding(signal: { readonly name: string; readonly source: string }): Finding {
  return {
    name: signal.name,
    source: signal.source,
    verdict: 'Successful',
    value: null,
    bound: '',
    samples: Number.MAX_SAFE_INTEGER,
    failed: 0,
    at: 0,
    message: '',
  };
}

function goodOutcome({ id, point, step, program }: ProgramCall, at: number): ProgramOutcome {
  return { id, point, step, program: describeProgram(program), ok: true, message: 'exit 0', output: '', at, ms: 0 };
}
