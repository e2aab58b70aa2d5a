import { formatDuration } from '../core/duration.js';
import { subsetsOf } from '../core/entries.js';
import { describeGuard } from '../core/guard.js';
import { roomFor, weightOf } from '../core/legs.js';
import { extraLegs, isFinal, type Rollout } from '../core/rollout.js';
import { stepText } from '../core/status.js';
import { versionOf } from '../core/versions.js';
import { warned, warningsOf } from '../core/warnings.js';
import { formatPercent } from '../core/weights.js';
import { ASCII, type Glyphs } from './chart.js';
import { chartLines } from './live-charts.js';
import { signalLines } from './live-signals.js';
import { trafficLines } from './live-traffic.js';
import type { Moment } from './plain.js';
import { oneLine, padTo, type Style } from './style.js';
import { Trail } from './trail.js';

/** A moment with when the driver looks again, ms since the epoch. */
export interface LiveMoment extends Moment {
  readonly wakeAt: number;
  /** False where nobody drives or watches the rollout: what is shown then acts on nothing. */
  readonly watched?: boolean;
}

/** The screen that it is drawn on. */
export interface Canvas {
  readonly style: Style;
  readonly columns: number;
  readonly glyphs: Glyphs;
}

const MAX_ROWS = 22;
const SIGNALS = 6;
const DECISIONS = 3;
/** From this width on, charts stand beside the tables. */
const WITH_CHARTS = 110;
const LEFT = 78;
const WIDEST = 140;

/** One screen for one rollout, at most 22 rows: phase and why, what comes next, where traffic is, the signals against their bounds, the steps, the last decisions, what to type. */
export function liveLines(
  moment: LiveMoment,
  driver: string,
  canvas: Partial<Canvas> & Pick<Canvas, 'style' | 'columns'>,
  trail = new Trail(),
): readonly string[] {
  const { style, columns, glyphs = ASCII } = canvas;
  const width = Math.max(60, Math.min(columns, WIDEST)) - 1;
  const { rollout } = moment;
  const foot = ['', ...footLines(moment, driver, width).map(style.dim)];
  if (rollout === undefined)
    return [style.bold(padTo(`> Starting   ${moment.plan.service}`, width)), padTo(`  ${oneLine(moment.why)}`, width), ...foot];
  const wide = columns >= WITH_CHARTS;
  const left = wide ? LEFT : width;
  const head = headLines(moment, rollout, style, width, trail);
  const body = [
    '',
    ...trafficLines(moment, rollout, glyphs, left),
    '',
    ...signalLines(moment, trail, { style, glyphs, width: left, most: SIGNALS }),
    '',
    ...wrap(`  steps  ${stepsLine(moment, rollout)}`, left, '         '),
  ];
  const room = MAX_ROWS - head.length - foot.length;
  const log = decisionLines(trail, left).slice(0, Math.max(0, room - body.length - 1));
  const rows = [...body, ...(log.length === 0 ? [] : ['', ...log])].slice(0, room);
  return [...head, ...(wide ? beside(rows, chartLines(moment, trail, glyphs, width - LEFT - 3, rows.length)) : rows), ...foot];
}

function beside(left: readonly string[], right: readonly string[]): readonly string[] {
  return left.map((line, i) => `${line === '' ? ' '.repeat(LEFT) : line} | ${right[i] ?? ''}`.trimEnd());
}

function footLines({ plan, rollout }: LiveMoment, driver: string, width: number): readonly string[] {
  const said = rollout !== undefined && isFinal(rollout) ? '' : `driver ${oneLine(driver)}   `;
  return wrap(`  ${said}${typeNext(plan.service, rollout)}`, width, '  ');
}

function typeNext(service: string, rollout: Rollout | undefined): string {
  const { phase, reason } = rollout?.state ?? {};
  switch (phase) {
    case 'Promoted':
      return `splitter undo ${service} takes it back`;
    case 'Reverted':
    case 'Superseded':
      return `splitter history ${service} shows why;  splitter retry ${service} tries again`;
    case 'Paused':
      if (reason === 'StableGone') return `splitter promote ${service} --full;  splitter abort ${service} --force`;
      return reason === 'Drift'
        ? `splitter resume ${service} --adopt | --reassert;  splitter abort ${service}`
        : `splitter continue|abort ${service}`;
    default:
      return `splitter pause|abort|promote ${service}`;
  }
}

const MARK = {
  Pending: '>',
  Progressing: '>',
  Baking: '>',
  Promoting: '>',
  Paused: '?',
  Promoted: '*',
  Reverting: 'x',
  Reverted: 'x',
  Superseded: '-',
} as const;

function headLines(moment: LiveMoment, rollout: Rollout, style: Style, width: number, trail: Trail): readonly string[] {
  const { plan, now, trouble, seen } = moment;
  const { phase, reason, step } = rollout.state;
  const paint =
    phase === 'Reverted' || phase === 'Reverting' || moment.urgent === true
      ? style.bad
      : phase === 'Paused'
        ? style.warn
        : style.bold;
  const filters = subsetsOf(seen.resolver?.entry);
  const version = (name: string): string => versionOf(filters.get(name) ?? '') ?? '';
  const label = (name: string): string => `${oneLine(name)}${version(name) && ` "${oneLine(version(name))}"`}`;
  const left = `${MARK[phase]} ${phase}${phase === 'Paused' ? ` (${reason})` : ''}   step ${Math.min(step + 1, plan.steps.length)}/${plan.steps.length}   ${formatPercent(weightOf(rollout.asked, rollout.canary))}   for ${formatDuration(now - rollout.enteredAt)}`;
  const place = `${plan.service}${plan.datacenter === undefined ? '' : `@${plan.datacenter}`}`;
  const right = `${place}  ${trouble === undefined ? 'LIVE' : `STALE ${formatDuration(trail.freshAt === 0 ? 0 : now - trail.freshAt)}`}`;
  const warnings = isFinal(rollout) || reason === 'StableGone' ? [] : warningsOf(seen, rollout);
  const said = phase === 'Progressing' || phase === 'Pending' ? moment.why : rollout.message;
  const why = trouble ?? warnings.reduce(warned, said);
  const index = seen.splitter === undefined ? '' : `   #${seen.splitter.modifyIndex}`;
  return [
    paint(`${padTo(left, width - right.length)}${right}`),
    padTo(
      `  ${label(rollout.stable)} -> ${label(rollout.canary)}   by ${oneLine(rollout.by)}   plan ${oneLine(rollout.plan.slice(0, 7))}   rollout ..${oneLine(rollout.id.slice(-7))}${index}`,
      width,
    ),
    ...wrap(`  ${isFinal(rollout) ? 'Why' : 'Now'}: ${oneLine(why)}`, width, '       '),
    ...(isFinal(rollout) ? [] : wrap(`  Next: ${nextText(moment, rollout)}`, width, '        ')),
  ];
}

function nextText(moment: LiveMoment, rollout: Rollout): string {
  const { plan, now } = moment;
  const deadline =
    plan.deadline === undefined ? '' : `   Deadline in ${formatDuration(Math.max(0, rollout.startedAt + plan.deadline - now))}.`;
  return `${whatNext(moment, rollout)}.${deadline}`;
}

/** What a bad signal does meanwhile: it reverts only where somebody watches, and once Consul takes the write. */
function guardText({ plan, trouble, watched }: LiveMoment): string {
  if (watched === false) return 'nobody watches it';
  return trouble === undefined ? describeGuard(plan) : 'a bad signal reverts as soon as Consul answers';
}

function whatNext(moment: LiveMoment, rollout: Rollout): string {
  const { plan, now } = moment;
  if (moment.urgent === true)
    return `all traffic back to ${oneLine(rollout.stable)} as soon as Consul answers; it is tried all the while`;
  const { phase, step } = rollout.state;
  const current = plan.steps[step];
  const own = phase === 'Baking' ? plan.bake : current?.kind === 'pause' || current?.kind === 'analyse' ? current.for : undefined;
  const left = own === undefined ? '' : ` in ${formatDuration(Math.max(0, rollout.enteredAt + own - now))}`;
  switch (phase) {
    case 'Baking':
      return `promotion${left}; ${guardText(moment)}`;
    case 'Paused':
      if (rollout.state.reason === 'StableGone')
        return `back as soon as ${oneLine(rollout.stable)} has a ready instance, if it still has to`;
      return `a person decides; ${guardText(moment)}`;
    case 'Pending':
      return `${stepText(plan.steps, step)} as soon as the mesh is ready`;
    default:
      return `${afterStep(plan, rollout, step)}${left}`;
  }
}

function afterStep(plan: LiveMoment['plan'], rollout: Rollout, step: number): string {
  if (step + 1 < plan.steps.length) return stepText(plan.steps, step + 1);
  const all = weightOf(rollout.asked, rollout.canary) === roomFor(extraLegs(rollout));
  return all ? `bake ${formatDuration(plan.bake)}` : 'the target is reached';
}

/** The steps, those done marked, the present one in capitals; where there are many, those around the present one. */
function stepsLine({ plan }: LiveMoment, rollout: Rollout): string {
  const { phase, step } = rollout.state;
  const names = plan.steps.map((_, index) => stepText(plan.steps, index));
  const reached = phase === 'Promoted' || phase === 'Promoting' ? names.length + 1 : step;
  const marked = [...names, ...(reachesAll(plan) ? [`bake ${formatDuration(plan.bake)}`] : [])].map((name, index) =>
    index < reached ? `${name} ok` : index === reached && phase !== 'Pending' && !isFinal(rollout) ? `${name} NOW` : name,
  );
  const from = Math.max(0, Math.min(reached - BEFORE, marked.length - SHOWN));
  const shown = marked.slice(from, from + SHOWN);
  const more = marked.length - from - shown.length;
  return [...(from > 0 ? [`${from} done`] : []), ...shown, ...(more > 0 ? [`${more} more`] : [])].join(' | ');
}

const BEFORE = 3;
const SHOWN = 9;

function reachesAll({ steps, legs }: LiveMoment['plan']): boolean {
  return steps.some((step) => step.kind === 'weight' && step.to === roomFor(legs));
}

function decisionLines(trail: Trail, width: number): readonly string[] {
  return trail.decided.slice(0, DECISIONS).map(({ at, message, index }) => {
    const mark = index === 0 ? '' : `  #${index}`;
    const clock = new Date(at).toISOString().slice(11, 19);
    return `${padTo(`  ${clock}  ${oneLine(message)}`, width - mark.length)}${mark}`;
  });
}

/** Breaks a line at spaces; further lines begin with the indent; at most three lines. */
function wrap(text: string, width: number, indent: string): readonly string[] {
  const lines: string[] = [];
  const [first = '', ...words] = text.trim().split(' ');
  let line = text.slice(0, text.indexOf(first)) + first;
  for (const word of words) {
    const next = `${line} ${word}`;
    if (next.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = next;
  }
  return [...lines, line].slice(0, 3).map((one) => padTo(one, width));
}
