import { standInVersions } from '../core/auto.js';
import type { Leg } from '../core/legs.js';
import type { Plan } from '../core/plan.js';
import { isRefusal, type Roles } from '../core/roles.js';
import { rolesOfPlan, timelineOf } from '../core/timeline.js';
import { toConsulWeight } from '../core/weights.js';
import { type Exposure, measureExposure } from '../judge/exposure.js';
import { type FalseReverts, measureFalseReverts } from '../judge/false-reverts.js';
import { wilsonInterval } from '../judge/interval.js';
import { boundReverts, slowestSignal } from '../judge/revert-bounds.js';
import { seedRandom } from '../sandbox/mesh/random.js';
import { renderExposure } from '../view/exposure.js';
import { renderFalseReverts } from '../view/false-reverts.js';
import { renderBounds, renderTimeline } from '../view/simulate.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type Io, printJson } from './io.js';
import { readMembers } from './one-plan.js';
import { createProgress } from './progress.js';
import { parseQuestion, type Question, type SimulateFlags } from './simulate-flags.js';

/** `splitter simulate PLAN`: the course of a plan, what users would feel of a failing canary, and how often a healthy one is taken back; touches no
 *  Consul. Exit 6 when the plan is not valid. */
export async function simulate(file: string, flags: SimulateFlags, io: Io): Promise<ExitCode> {
  const question = parseQuestion(file, flags);
  const json = flags.output === 'json';
  const plans = await readMembers(file, 'simulate', flags, io);
  if (plans === undefined) return EXIT.planInvalid;
  const cast = plans.map(standInVersions).map((plan) => {
    const roles = rolesOfPlan(plan);
    if (isRefusal(roles)) throw new CommandError(roles.message, roles.hint, EXIT.planInvalid);
    return { plan, roles };
  });
  if (json) {
    const answers = cast.map(({ plan, roles }) => answerJson(plan, roles, question, io));
    printJson(io, answers.length === 1 ? answers[0]! : { group: plans[0]?.group?.name, services: answers });
  } else
    for (const [i, { plan, roles }] of cast.entries()) {
      if (i > 0) io.out('\n');
      answerText(plan, roles, question, io);
    }
  return EXIT.done;
}

function answerJson(plan: Plan, roles: Roles, question: Question, io: Io): object {
  const line = timelineOf(plan, roles, Date.now());
  const bounds = boundReverts(plan);
  return {
    service: plan.service,
    writes: line.writes.map(({ at, kind, why, legs, person }) => ({ atMs: at, kind, why, weights: weightsOf(legs), person })),
    earliestMs: line.earliest,
    needsPerson: line.people > 0,
    end: line.end,
    longestRevertMs: slowestSignal(bounds) ?? null,
    revertBounds: bounds,
    ...(question.kind === 'failure' ? { felt: inPercent(feel(plan, roles, question)) } : {}),
    ...(question.kind === 'healthy'
      ? { falseReverts: { ...settings(question), levels: tryHealthy(plan, roles, question, io).map(withInterval) } }
      : {}),
  };
}

function answerText(plan: Plan, roles: Roles, question: Question, io: Io): void {
  const line = timelineOf(plan, roles, Date.now());
  io.out(`${renderTimeline(plan, roles, line, io.style)}\n${renderBounds(boundReverts(plan), io.style)}`);
  if (question.kind === 'failure')
    io.out(
      `\n${renderExposure(plan, roles.canary, question.failure, feel(plan, roles, question), timelineOf(unscheduled(plan), roles), io.style)}`,
    );
  if (question.kind === 'healthy')
    io.out(
      `\n${renderFalseReverts(plan, roles.canary, question, tryHealthy(plan, roles, question, io), timelineOf(unscheduled(plan), roles), io.style)}`,
    );
}

/** What users feel does not depend on the hour. */
function unscheduled({ schedule: _, ...plan }: Plan): Plan {
  return plan;
}

function feel(plan: Plan, roles: Roles, { failure, runs, seed }: Extract<Question, { kind: 'failure' }>): Exposure {
  return measureExposure(plan, roles, failure, runs, seedRandom(seed));
}

function tryHealthy(plan: Plan, roles: Roles, { rps, runs, seed }: Extract<Question, { kind: 'healthy' }>, io: Io) {
  const told = createProgress(io, 'rollouts simulated');
  return measureFalseReverts(plan, roles, { rps, runs, told }, seedRandom(seed));
}

function settings({ rps, runs, seed }: Extract<Question, { kind: 'healthy' }>): object {
  return { rps, runs, seed };
}

function withInterval(level: FalseReverts): object {
  return { ...level, interval95: wilsonInterval(level.reverted, level.runs) };
}

function weightsOf(legs: readonly Leg[]): Readonly<Record<string, number>> {
  return Object.fromEntries(legs.map(({ subset, weight }) => [subset, toConsulWeight(weight)]));
}

function inPercent(felt: Exposure): Exposure {
  return { ...felt, weightMedian: felt.weightMedian === null ? null : toConsulWeight(felt.weightMedian) };
}
