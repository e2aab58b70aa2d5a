import { formatDuration } from '../core/duration.js';
import type { Plan } from '../core/plan.js';
import type { Timeline } from '../core/timeline.js';
import { formatPercent } from '../core/weights.js';
import { PERSON } from '../judge/expose.js';
import { type Exposure, errorCounters, type Failure } from '../judge/exposure.js';
import { formatBound } from '../judge/text.js';
import { harmless, type Style } from './style.js';

/** What users would feel of a failing canary: whether it is taken back, where, after how long, and how many requests fail until then. */
export function renderExposure(
  plan: Plan,
  canary: string,
  failure: Failure,
  felt: Exposure,
  line: Timeline,
  style: Style,
): string {
  const { errors, rps, onset } = failure;
  const since = onset === 0 ? 'from the start' : `from ${formatDuration(onset)} on`;
  const end = line.earliest + line.people * PERSON;
  const counters = errorCounters(plan);
  const ignored = plan.signals.filter((signal) => !counters.some((one) => one === signal)).map(({ name }) => name);
  const lines = [
    style.bold(harmless(`If ${canary} fails ${formatBound(errors)} of its requests ${since}`)),
    row('traffic', `${count(rps)} requests a second to ${harmless(plan.service)}, stable fails none`),
    ...(ignored.length === 0 ? [] : [row('taken as good', harmless(ignored.join(', ')))]),
    ...(line.people === 0 ? [] : [row('open pauses', `a person takes ${formatDuration(PERSON)} at each`)]),
    ...(onset >= end
      ? [row('reverted', style.bad(`never: the course ends after ${formatDuration(end)}, and its watch with it`))]
      : outcome(plan, felt, style)),
    row('unwatched', `${count(felt.unwatched)} failed requests on the same course`),
    row('', `and ${count(felt.unwatchedPerMinute)} a minute from then on`),
  ];
  return `${lines.join('\n')}\n`;
}

function outcome(plan: Plan, felt: Exposure, style: Style): readonly string[] {
  const paint = felt.reverted === felt.runs ? style.good : felt.unwatched > 0 ? style.warn : style.dim;
  if (errorCounters(plan).length === 0 && felt.reverted === 0)
    return [
      row('reverted', style.bad('never: nothing would catch it, no signal counts errors')),
      row('', 'add to the plan, under signals:'),
      row('', '- { name: errors, source: envoy, metric: errors, max: 1% }'),
    ];
  const where = felt.weightMedian === null ? '' : `, at ${formatPercent(felt.weightMedian)}`;
  const runs = row('reverted', paint(`${felt.reverted} of ${felt.runs} simulated rollouts${where}`));
  if (felt.reverted === 0) return [runs];
  return [
    runs,
    row('after', `${seconds(felt.secondsMedian)} (median), ${seconds(felt.secondsP95)} (95 of 100)`),
    row('failed requests', `${amount(felt.failedMedian)} (median), ${amount(felt.failedP95)} (95 of 100)`),
  ];
}

function row(name: string, text: string): string {
  return `  ${name.padEnd(18)}${text}`;
}

function seconds(value: number | null): string {
  return value === null ? 'not at all' : formatDuration(value * 1_000);
}

function amount(value: number | null): string {
  return value === null ? 'no end' : count(value);
}

function count(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(2)));
}
