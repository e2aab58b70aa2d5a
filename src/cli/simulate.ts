import { parseDuration } from '../core/duration.js';
import type { Leg } from '../core/legs.js';
import type { Plan } from '../core/plan.js';
import { isRefusal } from '../core/roles.js';
import { rolesOfPlan, timelineOf } from '../core/timeline.js';
import { parsePercent, toConsulWeight } from '../core/weights.js';
import { type Exposure, measureExposure } from '../judge/exposure.js';
import { boundReverts, slowestSignal } from '../judge/revert-bounds.js';
import type { Failure } from '../judge/simulated-traffic.js';
import { seedRandom } from '../sandbox/mesh/random.js';
import { renderExposure } from '../view/exposure.js';
import { renderBounds, renderTimeline } from '../view/simulate.js';
import { CommandError, EXIT, type ExitCode } from './exit.js';
import { type Io, printJson } from './io.js';
import { reportDiagnostics } from './report-diagnostics.js';

/** Flags of `splitter simulate`. */
export interface SimulateFlags {
  readonly output?: string;
  readonly errors?: string;
  readonly rps?: string;
  readonly onset?: string;
}

const RUNS = 200;
const SEED = 1;
const DEFAULT_RPS = '50';
const MOST_RPS = 1_000_000;

/** `splitter simulate PLAN`: the course of a plan and what users would feel of a failing canary; touches no Consul. Exit 6 when the plan is not valid. */
export async function simulate(file: string, flags: SimulateFlags, io: Io): Promise<ExitCode> {
  const failure = parseFailure(file, flags);
  const { loadPlans } = await import('../plan/load.js');
  const { plans, diagnostics } = await loadPlans([file], () => io.readStdin());
  if (diagnostics.some(({ severity }) => severity === 'error')) {
    if (flags.output === 'json') printJson(io, { valid: false, diagnostics });
    else await reportDiagnostics(io, diagnostics);
    return EXIT.planInvalid;
  }
  if (flags.output !== 'json') await reportDiagnostics(io, diagnostics);
  const names = plans.map(({ plan }) => plan.service).join(', ');
  const [first] = plans;
  if (first === undefined || plans.length > 1)
    throw new CommandError(
      `${file} has ${plans.length} plans${names && ` (${names})`}; one is simulated at a time`,
      'splitter simulate FILE, with one plan in it',
      EXIT.planInvalid,
    );
  return simulateOne(first.plan, failure, flags, io);
}

function simulateOne(plan: Plan, failure: Failure | undefined, flags: SimulateFlags, io: Io): ExitCode {
  const roles = rolesOfPlan(plan);
  if (isRefusal(roles)) throw new CommandError(roles.message, roles.hint, EXIT.planInvalid);
  const line = timelineOf(plan, roles);
  const bounds = boundReverts(plan);
  const felt = failure === undefined ? undefined : measureExposure(plan, roles, failure, RUNS, seedRandom(SEED));
  if (flags.output === 'json') {
    printJson(io, {
      service: plan.service,
      writes: line.writes.map(({ at, kind, why, legs, person }) => ({ atMs: at, kind, why, weights: weightsOf(legs), person })),
      earliestMs: line.earliest,
      needsPerson: line.people > 0,
      end: line.end,
      longestRevertMs: slowestSignal(bounds) ?? null,
      revertBounds: bounds,
      ...(felt === undefined ? {} : { felt: inPercent(felt) }),
    });
    return EXIT.done;
  }
  io.out(`${renderTimeline(plan, roles, line, io.style)}\n${renderBounds(bounds, io.style)}`);
  if (failure !== undefined && felt !== undefined)
    io.out(`\n${renderExposure(plan, roles.canary, failure, felt, line, io.style)}`);
  return EXIT.done;
}

function weightsOf(legs: readonly Leg[]): Readonly<Record<string, number>> {
  return Object.fromEntries(legs.map(({ subset, weight }) => [subset, toConsulWeight(weight)]));
}

function inPercent(felt: Exposure): Exposure {
  return { ...felt, weightMedian: felt.weightMedian === null ? null : toConsulWeight(felt.weightMedian) };
}

function parseFailure(file: string, { errors, rps, onset }: SimulateFlags): Failure | undefined {
  if (errors === undefined) {
    if (rps === undefined && onset === undefined) return undefined;
    throw new CommandError(
      `${rps === undefined ? '--onset' : '--rps'} needs --errors: how much of canary's answers fail`,
      `splitter simulate ${file} --errors 2%`,
    );
  }
  const share = parsePercent(errors);
  if (share === undefined)
    throw new CommandError(`--errors ${errors} is not a percentage from 0 to 100`, 'write it like --errors 2%');
  const rate = Number(rps ?? DEFAULT_RPS);
  if (!(rate > 0 && rate <= MOST_RPS))
    throw new CommandError(
      `--rps ${rps} is not a number of requests a second`,
      `write it like --rps ${DEFAULT_RPS}; ${MOST_RPS} is the most`,
    );
  const start = onset === undefined ? 0 : parseDuration(onset);
  if (start === undefined)
    throw new CommandError(`--onset ${onset} is not a duration`, 'write it like --onset 90s or --onset 30m');
  return { errors: share / 10_000, rps: rate, onset: start };
}
