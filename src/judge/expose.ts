import { beginCourse, type Course, decideCourse, decideResume, followDecision } from '../core/course.js';
import { type Decision, wait } from '../core/decision.js';
import { countsAnew } from '../core/enter-step.js';
import { weightOf } from '../core/legs.js';
import type { Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import { askedCanary, isFinal } from '../core/rollout.js';
import { EMPTY_MESH } from '../core/timeline.js';
import type { Finding } from '../core/verdict.js';
import { WHOLE } from '../core/weights.js';
import { type Scene, type Shares, SimulatedTraffic } from './simulated-traffic.js';

/** How one simulated rollout went for users. */
export interface Exposed {
  readonly reverted: boolean;
  /** It stopped short of its end, and waits for a person for another reason than a pause of the plan. */
  readonly held: boolean;
  /** The signals that failed. */
  readonly failedSignals: readonly string[];
  /** When it ended, ms after the first request that could fail; 0 when it ended before. */
  readonly after: number;
  /** Canary's weight when it ended (before a revert), basis points. */
  readonly weight: number;
  /** Requests that failed until then; and how many would have on average. */
  readonly failed: number;
  readonly expected: number;
}

/** How long a person takes at a pause in these simulations, ms. */
export const PERSON = 600_000;

const SECOND = 1_000;
/** Before the onset nothing fails, so that looks may be further apart. */
const CALM = 5;

/** Follows one rollout of the plan in this scene, by a driver's own decisions on the judge's own verdicts of the scene's signals. */
export function expose(plan: Plan, roles: Roles, scene: Scene, random: () => number): Exposed {
  const { onset } = scene;
  const traffic = new SimulatedTraffic(plan, scene, random);
  // What users feel does not depend on the hour: windows and freezes are left out.
  const { schedule: _, ...unscheduled } = plan;
  let course = beginCourse(unscheduled, EMPTY_MESH, roles, { id: '0'.repeat(26), plan: '', driver: '', by: 'you' });
  let [at, changed, weight] = [0, 0, 0];
  let reached: number | undefined;
  for (;;) {
    const decision = nextMove(course, traffic.findings(at), at);
    if (decision === undefined) break;
    if (decision.call !== undefined) {
      course = followDecision(course, decision, at);
      continue;
    }
    if (decision.write === undefined) {
      const end = Math.max(decision.wakeAt, at + SECOND);
      at = watch(traffic, sharesOf(course), { at, changed, end, scene, once: mayEndEarly(course) });
      continue;
    }
    const next = followDecision(course, decision, at);
    if (entersStep(course, next)) traffic.startStep();
    course = next;
    changed = at;
    if (course.rollout === undefined || askedCanary(course.rollout) === 0) continue;
    weight = askedCanary(course.rollout);
    reached ??= at;
  }
  const state = course.rollout?.state;
  return {
    reverted: state?.phase === 'Reverted',
    held: state?.phase === 'Paused' && state.reason !== 'TargetReached',
    failedSignals: traffic.failedSignals,
    after: Math.max(0, at - Math.max(onset, reached ?? at)),
    weight,
    failed: traffic.failed,
    expected: traffic.expected,
  };
}

interface Stretch {
  readonly at: number;
  readonly changed: number;
  readonly end: number;
  readonly scene: Scene;
  /** One look only. */
  readonly once: boolean;
}

/** Lets time go by until its end or until a signal fails, whichever is first; returns when that was. */
function watch(traffic: SimulatedTraffic, shares: Shares, { at: from, changed, end, scene, once }: Stretch): number {
  const { onset, grain } = scene;
  let at = from;
  while (at < end && !((once || traffic.hasFailed) && at > from)) {
    const since = at - (at >= onset ? Math.max(changed, onset) : changed);
    const span = traffic.isNear ? SECOND : Math.max(SECOND, Math.round(since / grain)) * (at < onset ? CALM : 1);
    const next = Math.min(end, at + span, at < onset ? onset : Number.POSITIVE_INFINITY);
    traffic.pass(at, next, shares);
    at = next;
  }
  return at;
}

/** What a driver does next, and a person after a while at an open pause; undefined when the rollout has ended or nobody moves it on. */
function nextMove(course: Course, findings: readonly Finding[], at: number): Decision | undefined {
  const { rollout } = course;
  if (rollout !== undefined && (isFinal(rollout) || rollout.state.reason === 'TargetReached')) return undefined;
  const decision = decideCourse(course, findings, at);
  if (rollout?.state.phase !== 'Paused' || decision.write !== undefined || decision.call !== undefined) return decision;
  if (at < rollout.enteredAt + PERSON) return wait(decision.why, rollout.enteredAt + PERSON);
  return rollout.state.reason === 'PauseStep' ? decideResume(course, at) : undefined;
}

function sharesOf({ rollout }: Course): Shares {
  if (rollout === undefined) return { canary: 0, stable: 1 };
  return { canary: askedCanary(rollout) / WHOLE, stable: weightOf(rollout.asked, rollout.stable) / WHOLE };
}

/** Whether what the next look shows may end the step, as an analysis that ends once its evidence is clear. */
function mayEndEarly({ plan, rollout }: Course): boolean {
  const step = rollout?.state.phase === 'Progressing' ? plan.steps[rollout.state.step] : undefined;
  return step?.kind === 'analyse' && step.minRequests > 0 && step.early !== false;
}

/** Whether the counts of a new step begin, as the driver has it. */
function entersStep({ rollout: before }: Course, { rollout: next }: Course): boolean {
  return before !== undefined && next !== undefined && countsAnew(before, next);
}
