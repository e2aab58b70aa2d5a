import { formatDuration } from '../core/duration.js';
import type { Plan } from '../core/plan.js';
import type { Timeline } from '../core/timeline.js';
import { alphaShare, ROLLOUT_ALPHA } from '../judge/alpha.js';
import { describeBound } from '../judge/count-finding.js';
import { PERSON } from '../judge/expose.js';
import type { FalseReverts, SignalOdds } from '../judge/false-reverts.js';
import { wilsonInterval } from '../judge/interval.js';
import { unknownOdds } from '../judge/scalar-odds.js';
import { countSignals } from '../judge/simulated-traffic.js';
import { formatCount, formatShare } from '../judge/text.js';
import { wrap } from './simulate.js';
import { harmless, padTo, type Style } from './style.js';

/** What the odds were told from. */
export interface Tried {
  readonly rps: number;
  readonly runs: number;
  readonly seed: number;
}

const WIDTH = 79;
const INDENT = 20;
const NAME = 18;

/** How often this plan takes back a canary that keeps its bounds: a table by how near the canary is to them, and one sentence. */
export function renderFalseReverts(
  plan: Plan,
  canary: string,
  tried: Tried,
  levels: readonly FalseReverts[],
  line: Timeline,
  style: Style,
): string {
  const unknown = unknownOdds(plan, canary, line).flatMap(({ name, why }) =>
    row(name, `not simulated: its odds ${why.replace(/^depends/, 'depend')}`),
  );
  const lines = [
    style.bold(harmless(`How often a healthy ${canary} is taken back by mistake`)),
    ...row(
      'traffic',
      `${Number(tried.rps).toLocaleString('en-US')} requests a second to ${plan.service}; ${formatCount(tried.runs)} rollouts a line, seed ${tried.seed}`,
    ),
    ...row(
      'looks',
      'one a second while evidence grows, fewer while there is none (at most 10% of the time since the last change apart); a driver takes ten a second',
    ),
    ...(line.people === 0 ? [] : row('open pauses', `a person takes ${formatDuration(PERSON)} at each`)),
    ...(countSignals(plan).length === 0
      ? row('count signals', 'none: no evidence of counted requests takes this plan back')
      : ['', ...table(plan, levels, style), '', ...wrap(conclude(plan, levels), WIDTH)]),
    ...(unknown.length === 0 ? [] : ['', ...unknown]),
  ];
  return `${lines.join('\n')}\n`;
}

function table(plan: Plan, levels: readonly FalseReverts[], style: Style): readonly string[] {
  const head = `  ${'canary'.padEnd(NAME)}${'bad requests'.padEnd(24)}${'taken back'.padEnd(17)}95% (Wilson)`;
  return [style.dim(head), ...levels.flatMap((level) => describeLevel(plan, level, style))];
}

function describeLevel(plan: Plan, level: FalseReverts, style: Style): readonly string[] {
  const { nearness, runs, reverted, held, signals } = level;
  const title =
    nearness === 'as stable' ? 'as good as stable' : nearness === 1 ? 'exactly on bounds' : `at ${nearness}x of bounds`;
  const bySignals = signals.reduce((most, one) => Math.max(most, one.reverted), 0);
  const paint = reverted / runs > ROLLOUT_ALPHA ? style.warn : (text: string): string => text;
  const whole = `  ${title.padEnd(NAME)}${''.padEnd(24)}${paint(`${formatCount(reverted)} of ${formatCount(runs)}`.padEnd(17))}${sayInterval(reverted, runs)}`;
  const others = reverted > signals.reduce((sum, one) => sum + one.reverted, 0) && reverted > bySignals;
  return [
    whole.trimEnd(),
    ...signals.map((one) => describeSignal(plan, one, runs)),
    ...(others ? [`    ${'by time'.padEnd(NAME - 2)}${''.padEnd(24)}the rest: a step or the rollout took too long`] : []),
    ...(held > 0 ? [`    ${'held'.padEnd(NAME - 2)}${''.padEnd(24)}${formatCount(held)} more wait for a person`] : []),
  ];
}

function describeSignal(plan: Plan, { name, bad, reverted }: SignalOdds, runs: number): string {
  const compares = countSignals(plan).some((signal) => signal.name === name && signal.margin !== undefined);
  const shares = `${formatShare(bad.canary)}${compares ? `, stable ${formatShare(bad.stable)}` : ''}`;
  const text = `    ${padTo(harmless(name), NAME - 3)} ${shares.padEnd(24)}${formatCount(reverted).padEnd(17)}${sayInterval(reverted, runs)}`;
  return text.trimEnd();
}

/** The last level is the one on the bounds. */
function conclude(plan: Plan, levels: readonly FalseReverts[]): string {
  const { reverted, runs } = levels.at(-1)!;
  const counted = countSignals(plan);
  const [only] = counted;
  const subject =
    counted.length === 1 && only?.max !== undefined
      ? `A canary ${only.metric === 'errors' ? 'that fails' : 'with'} ${formatShare(only.max)} of its requests${only.metric === 'errors' ? '' : ` over ${formatDuration(only.over ?? 0)}`}, exactly the bound,`
      : `A canary exactly on its bounds (${counted.map((signal) => `${signal.name} ${describeBound(signal)}`).join(', ')})`;
  const alpha = only === undefined ? ROLLOUT_ALPHA : alphaShare(only, plan.signals);
  const tested = Math.round(ROLLOUT_ALPHA / alpha);
  const share = tested === 1 ? '' : `, ${formatShare(alpha)} for each of its ${tested} signals that are judged by a test`;
  return harmless(
    `${subject} is taken back in ${formatCount(reverted)} of ${formatCount(runs)} rollouts (95% sure: ${sayInterval(reverted, runs)}). The test promises at most ${formatShare(ROLLOUT_ALPHA)}${share}.`,
  );
}

function sayInterval(hits: number, runs: number): string {
  const { low, high } = wilsonInterval(hits, runs);
  return `${low === 0 ? '0%' : formatShare(low)} to ${formatShare(high)}`;
}

function row(name: string, text: string): readonly string[] {
  const [first = '', ...rest] = wrap(harmless(text), WIDTH - INDENT);
  return [`  ${padTo(harmless(name), INDENT - 3)} ${first}`, ...rest.map((more) => `${' '.repeat(INDENT)}${more}`)];
}
