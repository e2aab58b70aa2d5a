import { formatDuration } from '../core/duration.js';
import { nameLeg } from '../core/legs.js';
import type { LegStatus, Status } from '../core/status.js';
import { oneLine, padTo, type Style } from './style.js';

/** One service for people: phase and why, weights asked, stored and observed, signals, who drives, what to type. */
export function renderStatus(status: Status, style: Style, now: number): string {
  const { service, phase, reason, message, stable, canary } = status;
  if (phase === null || stable === null || canary === null)
    return [`${service}: ${oneLine(message)}`, ...legLines(status), ...startLine(status), ''].join('\n');
  const paint = phase === 'Reverted' || phase === 'Reverting' ? style.bad : phase === 'Paused' ? style.warn : style.bold;
  const since = status.updatedAt === null ? '' : `   for ${formatDuration(now - Date.parse(status.updatedAt))}`;
  return [
    `${paint(`${phase} (${reason})`)}   ${service}   ${percent(canary.weight.stored)} on ${oneLine(canary.subset)}${since}`,
    `  ${oneLine(message)}`,
    ...(status.held === undefined || message.startsWith('held: ') ? [] : [style.warn(`  held: ${oneLine(status.held.message)}`)]),
    ...stepLine(status, now),
    '',
    ...legLines(status),
    '',
    ...signalLines(status, style, now),
    `  changed  ${status.updatedAt ?? '-'}${healthyText(status)}`,
    `  driver   ${status.driver === null ? 'nobody' : oneLine(`${status.driver.kind} (${status.driver.id})`)}`,
    `  by       ${oneLine(status.by ?? '-')}, started ${status.startedAt ?? '-'}, index ${status.modifyIndex ?? '-'}`,
    `  plan     ${oneLine(status.plan?.digest.slice(0, 7) ?? '-')}${status.plan?.source == null ? '' : ` (${oneLine(status.plan.source)})`}, rollout ${oneLine(status.rollout ?? '-')}`,
    ...groupLine(status),
    ...waveLines(status),
    ...drainingLine(status, style),
    ...startLine(status),
    style.dim(`  -> ${nextCommand(status)}`),
    '',
  ].join('\n');
}

/** What to type next, by phase. */
export function nextCommand({ service, phase, reason, driver }: Status): string {
  switch (phase) {
    case 'Promoted':
      return `splitter undo ${service}   takes it back;   splitter history ${service}`;
    case 'Reverted':
    case 'Superseded':
      return `splitter history ${service}   shows why;   splitter ramp ${service} --to 10   begins anew`;
    case 'Paused':
      if (reason === 'TargetReached')
        return `splitter ramp ${service} --to …   goes on;   splitter promote ${service};   splitter abort ${service}`;
      if (reason === 'Drift') return `splitter resume ${service} --adopt | --reassert;   splitter abort ${service}`;
      return `splitter continue ${service};   splitter abort ${service}`;
    default:
      return driver === null
        ? `splitter ramp ${service} --to …   drives it on;   splitter abort ${service}`
        : `splitter status ${service} -w;   splitter pause ${service};   splitter abort ${service}`;
  }
}

function startLine({ nextStart }: Status): readonly string[] {
  return nextStart === undefined ? [] : [`  next start ${oneLine(nextStart.message)}`];
}

function stepLine({ step }: Status, now: number): readonly string[] {
  if (step === null) return [];
  const of = step.of === null ? '' : ` of ${step.of}`;
  const number = step.of === null ? step.index + 1 : Math.min(step.index + 1, step.of);
  const left = step.wakeAt === null ? '' : `, ${formatDuration(Math.max(0, Date.parse(step.wakeAt) - now))} left`;
  return [`  step ${number}${of}${step.kind === null ? '' : ` (${step.kind})`}${left}`];
}

function groupLine({ group }: Status): readonly string[] {
  if (group === undefined) return [];
  const members = group.members.map(({ service, phase, reason, step }) =>
    phase === null || step === null ? `${service} not begun` : `${service} ${phase} (${reason}) at step ${step + 1}`,
  );
  return [`  group    ${oneLine(group.name)}, in lock step: ${oneLine(members.join(', '))}`];
}

function waveLines({ waves }: Status): readonly string[] {
  if (waves === undefined) return [];
  const sites = waves.sites.map(({ name, phase }) => `${name} ${phase ?? 'not begun'}`);
  return [`  waves    ${oneLine(sites.join(', '))}`, `           ${oneLine(waves.why)}`];
}

function drainingLine({ draining }: Status, style: Style): readonly string[] {
  if (draining === undefined) return [];
  const line = `  draining ${oneLine(draining.message)}`;
  return [draining.drained === true ? style.bold(line) : line];
}

/** Longer names are cut, so that the numbers stay on the screen. */
const LONGEST_NAME = 28;

function legLines({ stable, canary, legs }: Status): readonly string[] {
  const rows = [
    ...(stable === null ? [] : [['stable', stable] as const]),
    ...(canary === null ? [] : [['canary', canary] as const]),
    ...legs.map((leg) => ['leg', leg] as const),
  ];
  if (rows.length === 0) return [];
  const width = Math.min(LONGEST_NAME, Math.max(12, ...rows.map(([, leg]) => nameLeg(leg).length + 1)));
  const head = `  ${padTo('', 7)} ${padTo('subset', width)}${cells('asked', 'stored', 'observed')}   ok/warn/bad   filter`;
  return [
    head,
    ...rows.map(
      ([role, leg]) =>
        `  ${padTo(role, 7)} ${padTo(oneLine(nameLeg(leg)), width)}${cells(percent(leg.weight.asked), percent(leg.weight.stored), percent(leg.weight.observed))}   ${padTo(instances(leg), 11)}   ${oneLine(leg.filter ?? '-')}`,
    ),
  ];
}

function signalLines({ signals }: Status, style: Style, now: number): readonly string[] {
  if (signals.length === 0) return [];
  const rows = signals.map((signal) => {
    const age = signal.at === null ? '' : ` ${formatDuration(now - Date.parse(signal.at))} ago`;
    const verdict = padTo(signal.verdict, 13);
    const paint = signal.dryRun === true ? style.dim : signal.verdict === 'Failed' ? style.bad : style.warn;
    const painted = signal.verdict === 'Successful' ? verdict : paint(verdict);
    return `  ${padTo(oneLine(signal.name), 9)} ${painted} ${signal.dryRun === true ? '(dry run) ' : ''}${oneLine(signal.message)}${age}`;
  });
  return [...rows, ''];
}

function healthyText({ healthyAt, signals }: Status): string {
  if (healthyAt !== null) return `, last healthy measurement ${healthyAt}`;
  return signals.length === 0 ? '' : ', no healthy measurement yet';
}

function cells(...values: readonly string[]): string {
  return values.map((value) => value.padStart(9)).join('');
}

function percent(value: number | null): string {
  return value === null ? '?' : `${Math.round(value * 100) / 100}%`;
}

function instances(leg: LegStatus): string {
  return leg.instances === null ? '?' : `${leg.instances.passing}/${leg.instances.warning}/${leg.instances.critical}`;
}
