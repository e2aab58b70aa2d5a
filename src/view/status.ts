import { formatDuration } from '../core/duration.js';
import { nameLeg } from '../core/legs.js';
import { describeSkipped, isGone, serving } from '../core/observation.js';
import type { LegStatus, Status } from '../core/status.js';
import { insteadOfGoingBack } from '../core/way-back.js';
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
    ...seenLine(status),
    ...callerLines(status, style),
    ...datacenterLines(status, style),
    ...skippedLines(status, style),
    '',
    ...signalLines(status, style, now),
    `  changed  ${status.updatedAt ?? '-'}${healthyText(status)}`,
    `  driver   ${status.driver === null ? 'nobody' : oneLine(`${status.driver.kind} (${status.driver.id})`)}`,
    `  by       ${oneLine(status.by ?? '-')}, started ${status.startedAt ?? '-'}, index ${status.modifyIndex ?? '-'}`,
    `  plan     ${oneLine(status.plan?.digest.slice(0, 7) ?? '-')}${status.plan?.source == null ? '' : ` (${oneLine(status.plan.source)})`}, rollout ${oneLine(status.rollout ?? '-')}`,
    ...groupLine(status),
    ...waveLines(status),
    ...drainingLine(status, style),
    ...offLine(status, style),
    ...startLine(status),
    style.dim(`  -> ${nextCommand(status)}`),
    '',
  ].join('\n');
}

/** What to type next, by phase. */
export function nextCommand(status: Status): string {
  const { service, phase, reason, driver, stable, canary, held } = status;
  const gone = isGone(stable?.instances ?? undefined);
  const carries = (canary?.weight.asked ?? 0) > 0;
  // What would be refused is not suggested.
  const back =
    gone && carries ? insteadOfGoingBack(service, serving(canary?.instances ?? undefined) > 0) : `splitter abort ${service}`;
  switch (phase) {
    case 'Promoted':
      if (gone) return `splitter history ${service};   splitter subsets ${service}`;
      return `splitter undo ${service}   takes it back;   splitter history ${service}`;
    case 'Reverted':
    case 'Superseded':
      return `splitter history ${service}   shows why;   splitter ramp ${service} --to 10   begins anew`;
    case 'Paused':
      if (reason === 'StableGone') return gone ? back : `splitter continue ${service};   ${back}`;
      if (held !== undefined)
        return `${back};   splitter ${reason === 'TargetReached' ? 'promote' : 'resume'} ${service} --force   goes on all the same`;
      if (reason === 'TargetReached')
        return `splitter ramp ${service} --to …   goes on;   splitter promote ${service};   ${back}`;
      if (reason === 'Drift') return `splitter resume ${service} --adopt | --reassert;   ${back}`;
      return `splitter continue ${service};   ${back}`;
    default:
      return driver === null
        ? `splitter ramp ${service} --to …   drives it on;   ${back}`
        : `splitter status ${service} -w;   splitter pause ${service};   ${back}`;
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

function offLine({ offCanary }: Status, style: Style): readonly string[] {
  if (offCanary === undefined) return [];
  const line = `  callers  ${oneLine(offCanary.message)}`;
  return [offCanary.off === false ? style.warn(line) : line];
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

function datacenterLines({ datacenters }: Status, style: Style): readonly string[] {
  if (datacenters === undefined) return [];
  const width = Math.max(...datacenters.map(({ name }) => name.length));
  return [
    '',
    ...datacenters.map(({ name, counts, unread, stable, canary }) => {
      const line = `  ${padTo(oneLine(name), width)}  stable ${padTo(instances(stable), 7)} canary ${padTo(instances(canary), 7)}`;
      if (!counts) return style.dim(`${line} left out by the plan`);
      return unread === null ? line.trimEnd() : style.warn(`${line} not known now: ${oneLine(unread)}`);
    }),
  ];
}

/** Instances that look alive and get nothing. */
function skippedLines({ stable, canary, legs }: Status, style: Style): readonly string[] {
  return [stable, canary, ...legs].flatMap((leg) => {
    const said = leg === null || leg.instances === null ? undefined : describeSkipped(leg.subset, leg.instances);
    return said === undefined ? [] : [style.warn(`  ${oneLine(said)}`)];
  });
}

/** How much of each version's requests its callers counted; nothing where nobody knows. */
function seenLine({ stable, canary }: Status): readonly string[] {
  const known = [stable, canary].flatMap((leg) =>
    leg === null || leg.coverage === null ? [] : [`${percent(leg.coverage)} of ${oneLine(leg.subset)}'s requests`],
  );
  return known.length === 0 ? [] : [`  seen     ${known.join(', ')}, as their callers count`];
}

/** Callers whose requests do not come by the weights, with what explains it; those that nothing explains are in the message. */
function callerLines({ following = [] }: Status, style: Style): readonly string[] {
  return following.flatMap(({ follows, message }) =>
    message === undefined || follows === false ? [] : [style.dim(`  callers  ${oneLine(message)}`)],
  );
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

function instances(leg: Pick<LegStatus, 'instances'>): string {
  return leg.instances === null ? '?' : `${leg.instances.passing}/${leg.instances.warning}/${leg.instances.critical}`;
}
