import { formatDuration } from '../core/duration.js';
import { legsOf, subsetsOf } from '../core/entries.js';
import { roomFor, weightOf } from '../core/legs.js';
import { extraLegs, isFinal, type Rollout } from '../core/rollout.js';
import { stepText } from '../core/status.js';
import { formatPercent, WHOLE } from '../core/weights.js';
import type { Moment } from './plain.js';
import { harmless, padTo, type Style } from './style.js';

/** A moment with when the driver looks again, ms since the epoch. */
export interface LiveMoment extends Moment {
  readonly wakeAt: number;
}

const BAR = 22;
const MAX_ROWS = 22;

/** One screen for one rollout, at most 22 rows: phase and why, what comes next, where traffic is, the signals against their bounds, the steps, what to type. */
export function liveLines(moment: LiveMoment, driver: string, style: Style, columns: number): readonly string[] {
  const width = Math.max(60, Math.min(columns, 120)) - 1;
  const { rollout } = moment;
  const head =
    rollout === undefined
      ? [style.bold(padTo(`> Starting   ${moment.plan.service}`, width)), padTo(`  ${harmless(moment.why)}`, width)]
      : headLines(moment, rollout, style, width);
  const body =
    rollout === undefined
      ? []
      : [
          '',
          ...trafficLines(moment, rollout, width),
          '',
          ...signalLines(moment, style, width),
          '',
          ...wrap(`  steps  ${stepsLine(moment, rollout)}`, width, '         '),
        ];
  const foot = ['', padTo(`  driver ${driver.split(':')[0]}   ${typeNext(moment.plan.service, rollout)}`, width)];
  return [...[...head, ...body].slice(0, MAX_ROWS - foot.length), ...foot.map(style.dim)];
}

function typeNext(service: string, rollout: Rollout | undefined): string {
  if (rollout !== undefined && isFinal(rollout)) {
    return rollout.state.phase === 'Promoted'
      ? `splitter undo ${service} takes it back`
      : `splitter history ${service} shows why`;
  }
  return `splitter pause|abort|promote ${service}   Ctrl-C leaves it`;
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

function headLines(moment: LiveMoment, rollout: Rollout, style: Style, width: number): readonly string[] {
  const { plan, now, trouble, seen } = moment;
  const { phase, reason, step } = rollout.state;
  const paint = phase === 'Reverted' || phase === 'Reverting' ? style.bad : phase === 'Paused' ? style.warn : style.bold;
  const filters = subsetsOf(seen.resolver?.entry);
  const version = (name: string): string => /"([^"]*)"$/.exec(filters.get(name) ?? '')?.[1] ?? '';
  const label = (name: string): string => `${name}${version(name) && ` "${version(name)}"`}`;
  const left = `${MARK[phase]} ${phase}${phase === 'Paused' ? ` (${reason})` : ''}   step ${Math.min(step + 1, plan.steps.length)}/${plan.steps.length}   ${formatPercent(weightOf(rollout.asked, rollout.canary))}   for ${formatDuration(now - rollout.enteredAt)}`;
  const right = `${plan.service}  ${trouble === undefined ? 'LIVE' : 'STALE'}`;
  const why = trouble ?? (phase === 'Progressing' || phase === 'Pending' ? moment.why : rollout.message);
  return [
    paint(`${padTo(left, width - right.length)}${right}`),
    padTo(`  ${label(rollout.stable)} -> ${label(rollout.canary)}   by ${harmless(rollout.by)}`, width),
    ...wrap(`  ${isFinal(rollout) ? 'Why' : 'Now'}: ${harmless(why)}`, width, '       '),
    ...(isFinal(rollout) ? [] : [padTo(`  Next: ${nextText(moment, rollout)}`, width)]),
  ];
}

function nextText({ plan, now }: LiveMoment, rollout: Rollout): string {
  const { phase, step } = rollout.state;
  const current = plan.steps[step];
  const own = phase === 'Baking' ? plan.bake : current?.kind === 'pause' || current?.kind === 'analyse' ? current.for : undefined;
  const left = own === undefined ? '' : ` in ${formatDuration(Math.max(0, rollout.enteredAt + own - now))}`;
  if (phase === 'Baking') return `promotion${left}; a bad signal still reverts`;
  if (phase === 'Paused') return `a person decides; a bad signal still reverts`;
  if (phase === 'Pending') return `${stepText(plan.steps, step)} as soon as the mesh is ready`;
  const next =
    step + 1 < plan.steps.length
      ? stepText(plan.steps, step + 1)
      : weightOf(rollout.asked, rollout.canary) === roomFor(extraLegs(rollout))
        ? `bake ${formatDuration(plan.bake)}`
        : 'the target is reached';
  return `${next}${left}`;
}

function trafficLines({ seen, plan }: LiveMoment, rollout: Rollout, width: number): readonly string[] {
  const stored = seen.splitter === undefined ? [] : legsOf(seen.splitter.entry, plan.service);
  const percent = (points: number): string => `${(points / 100).toFixed(1)}%`.padStart(7);
  const row = (role: string, subset: string): string => {
    const observed = seen.observed === undefined ? '      ?' : percent(seen.observed[subset] ?? 0);
    const share = seen.observed?.[subset] ?? weightOf(stored, subset);
    const filled = Math.round((share / WHOLE) * BAR);
    const instances = seen.instances[subset];
    const counts = instances === undefined ? '-' : `${instances.passing} / ${instances.warning} / ${instances.critical}`;
    return padTo(
      `  ${padTo(role, 8)}${percent(weightOf(rollout.asked, subset))} ${percent(weightOf(stored, subset))} ${observed}   ${'#'.repeat(filled)}${'.'.repeat(BAR - filled)}   ${counts}`,
      width,
    );
  };
  const extra = extraLegs(rollout).map((leg) => row(leg.subset, leg.subset));
  return [
    padTo(`            asked  stored observed   0%     traffic    100%   ok/warn/bad`, width),
    row('stable', rollout.stable),
    row('canary', rollout.canary),
    ...extra,
  ];
}

function signalLines({ seen, now }: LiveMoment, style: Style, width: number): readonly string[] {
  if (seen.findings.length === 0) return [padTo('  no signals: only instances are watched', width)];
  const head = `  ${padTo('signal', 9)} ${padTo('verdict', 13)} ${'canary'.padStart(9)}   ${padTo('bound', 12)} ${'samples'.padStart(9)}   age`;
  const rows = seen.findings.map((finding) => {
    const age = finding.at === 0 ? '-' : formatDuration(now - finding.at);
    const line = padTo(
      `  ${padTo(finding.name, 9)} ${padTo(finding.verdict, 13)} ${(finding.value ?? '-').padStart(9)}   ${padTo(finding.bound, 12)} ${finding.samples.toLocaleString('en-US').padStart(9)}   ${age}${finding.dryRun === true ? ' (dry run)' : ''}`,
      width,
    );
    if (finding.dryRun === true) return style.dim(line);
    return finding.verdict === 'Failed' ? style.bad(line) : finding.verdict === 'Successful' ? line : style.warn(line);
  });
  return [padTo(head, width), ...rows];
}

function stepsLine({ plan }: LiveMoment, rollout: Rollout): string {
  const { phase, step } = rollout.state;
  const names = plan.steps.map((_, index) => stepText(plan.steps, index));
  const reached = phase === 'Promoted' || phase === 'Promoting' ? names.length + 1 : step;
  const marked = [...names, ...(reachesAll(plan.steps) ? [`bake ${formatDuration(plan.bake)}`] : [])].map((name, index) =>
    index < reached ? `${name} ok` : index === reached && phase !== 'Pending' && !isFinal(rollout) ? `${name} NOW` : name,
  );
  return marked.join(' | ');
}

function reachesAll(steps: LiveMoment['plan']['steps']): boolean {
  return steps.some((step) => step.kind === 'weight' && step.to === WHOLE);
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
