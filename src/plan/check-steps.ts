import { rampSteps } from '../core/ramp.js';
import { type BasisPoints, envoyWeight, formatPercent, nearestExact, parsePercent, WHOLE } from '../core/weights.js';
import type { Path } from './node.js';
import { errorAt, type Problem, warningAt } from './problem.js';
import type { PlanText } from './schema.js';

const MOST_STEPS = 500;

/** What a plan's steps must mean together: weights that only rise, that leave room for the legs, and nothing after the last. */
export function checkSteps(plan: PlanText): Problem[] {
  const problems: Problem[] = [];
  const room = WHOLE - Object.values(plan.legs).reduce((sum, leg) => sum + points(leg.weight), 0);
  let weight: BasisPoints = 0;
  let expanded = 0;
  let anyWeight = false;
  for (const [i, step] of plan.steps.entries()) {
    if (anyWeight && weight >= room) {
      problems.push(
        errorAt(
          ['steps', i],
          'key',
          `nothing comes after weight ${formatPercent(weight)}`,
          'remove the step; to watch on at the end, set bake',
        ),
      );
      break;
    }
    const path: Path = 'ramp' in step ? ['steps', i, 'ramp', 'to'] : ['steps', i, 'weight'];
    const to = 'ramp' in step ? points(step.ramp.to) : 'weight' in step ? points(step.weight) : undefined;
    expanded += 'ramp' in step ? 2 * rampWeights(weight, step.ramp).length : 1;
    if (to === undefined) continue;
    anyWeight = true;
    problems.push(...checkRise(path, weight, to), ...checkRoom(path, to, room));
    problems.push(...('ramp' in step ? checkRamp(i, step.ramp, weight) : warnOfCut(path, [to])));
    weight = Math.max(weight, to);
  }
  if (!anyWeight)
    problems.push(errorAt(['steps'], 'key', 'the steps never give canary any weight', 'add a step like weight: 10'));
  if (expanded > MOST_STEPS) {
    problems.push(
      errorAt(
        ['steps'],
        'key',
        `these are ${expanded} steps when the ramps are written out; ${MOST_STEPS} are the most`,
        'ramp by more at a time',
      ),
    );
  }
  return [...checkLegs(plan, room), ...problems, ...plan.steps.flatMap((step, i) => checkCounted(step, i, plan))];
}

/** Requests are counted by envoy signals only, and a dry run holds nothing: without one, a minimum of requests could never be reached. */
function checkCounted(step: PlanText['steps'][number], i: number, plan: PlanText): Problem[] {
  if (!('analyse' in step) || !step.analyse.min_requests) return [];
  if (plan.signals.some(({ source, dry_run }) => source === 'envoy' && !dry_run)) return [];
  const hint = 'add a signal like { name: errors, source: envoy, metric: errors, max: 1% }, or leave min_requests out';
  return [
    errorAt(
      ['steps', i, 'analyse', 'min_requests'],
      'value',
      'no signal of this plan counts requests, so the step could never pass',
      hint,
    ),
  ];
}

function checkRise(path: Path, from: BasisPoints, to: BasisPoints): Problem[] {
  if (to >= from) return [];
  const message = `weights go down, from ${formatPercent(from)} to ${formatPercent(to)}`;
  return [errorAt(path, 'value', message, 'a canary only grows in a plan; to give traffic back, type splitter abort')];
}

function checkRoom(path: Path, to: BasisPoints, room: BasisPoints): Problem[] {
  if (to <= room || room < 0) return [];
  const message = `${formatPercent(to)} does not fit: the legs take ${formatPercent(WHOLE - room)}, so ${formatPercent(room)} is left`;
  return [errorAt(path, 'value', message, `write ${formatPercent(room)} or less`)];
}

function checkRamp(index: number, ramp: { to: string | number; by: string | number }, from: BasisPoints): Problem[] {
  const [to, by] = [points(ramp.to), points(ramp.by)];
  const path = ['steps', index, 'ramp'];
  if (by === 0)
    return [errorAt([...path, 'by'], 'value', 'a ramp by 0% never arrives', 'write how much to add each time, like 10')];
  if (to === from)
    return [
      errorAt([...path, 'to'], 'value', `the ramp ends at ${formatPercent(to)}, where it begins`, 'write a greater weight'),
    ];
  return warnOfCut([...path, to - from <= by ? 'to' : 'by'], rampWeights(from, ramp));
}

function checkLegs(plan: PlanText, room: BasisPoints): Problem[] {
  const names = Object.keys(plan.legs);
  const tooMuch = errorAt(
    ['legs'],
    'key',
    `the legs take ${formatPercent(WHOLE - room)} of the traffic, so nothing is left`,
    'give them less',
  );
  return [
    ...names.flatMap((name) => warnOfCut(['legs', name, 'weight'], [points(plan.legs[name]!.weight)])),
    ...(room <= 0 ? [tooMuch] : []),
  ];
}

function warnOfCut(path: Path, weights: readonly BasisPoints[]): Problem[] {
  const cut = weights.find((weight) => envoyWeight(weight) !== weight);
  if (cut === undefined) return [];
  const message = `${formatPercent(cut)} reaches Envoy as ${formatPercent(envoyWeight(cut))}`;
  return [warningAt(path, 'value', message, `exact nearby: ${nearestExact(cut).map(formatPercent).join(', ')}`)];
}

function rampWeights(from: BasisPoints, { to, by }: { to: string | number; by: string | number }): readonly BasisPoints[] {
  return rampSteps(from, points(to), points(by), undefined).flatMap((step) => (step.kind === 'weight' ? [step.to] : []));
}

function points(value: string | number): BasisPoints {
  return parsePercent(value) ?? 0;
}
