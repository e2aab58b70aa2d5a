import { formatDuration } from '../core/duration.js';
import { type Leg, weightOf } from '../core/legs.js';
import type { Plan } from '../core/plan.js';
import type { Roles } from '../core/roles.js';
import type { Timeline, TimelineWrite } from '../core/timeline.js';
import { formatPercent, WHOLE } from '../core/weights.js';
import type { RevertBound } from '../judge/revert-bounds.js';
import { harmless, padTo, type Style } from './style.js';

const WIDTH = 79;
const BAR = 16;
const NOTE = 44;

/** The course of a plan on a time line: every write with when it happens at the earliest, the weights after it as a bar, and how it ends. */
export function renderTimeline(plan: Plan, roles: Roles, line: Timeline, style: Style): string {
  const head = `${plan.service}: ${named(plan, roles.stable)} (stable, .) -> ${named(plan, roles.canary)} (canary, #)${plan.legs.length === 0 ? '' : ', further legs ='}`;
  const title = `${'time'.padStart(8)}  write     ${'0%'.padEnd(BAR - 4)}100% canary  what happens`;
  const rows = line.writes.flatMap((write, index) => renderWrite(write, index, line.writes, roles));
  return [style.bold(harmless(head)), '', style.dim(title), ...rows, '', ...endLines(line, style), ''].join('\n');
}

/** What takes traffic back, and after how long at the latest. */
export function renderBounds(bounds: readonly RevertBound[], style: Style): string {
  const rows: readonly string[] = bounds.flatMap(({ by, ms, why }) => {
    const [first = '', ...rest] = wrap(why, WIDTH - 27);
    return [
      `  ${padTo(harmless(by), 14)}${formatTenths(ms).padStart(9)}  ${first}`,
      ...rest.map((text) => `${' '.repeat(27)}${text}`),
    ];
  });
  return [style.bold('Taken back to stable, at the latest after'), ...rows, ''].join('\n');
}

function renderWrite(write: TimelineWrite, index: number, writes: readonly TimelineWrite[], roles: Roles): readonly string[] {
  const before = writes[index - 1];
  const late = writes.slice(0, index + 1).some(({ person }) => person);
  const same = before?.at === write.at && !write.person;
  const time = same ? '' : `${write.at === 0 ? '0s' : formatDuration(write.at)}${late ? '+' : ''}`;
  const bar = drawBar(write.legs, roles);
  const percent = formatPercent(weightOf(write.legs, roles.canary));
  const [first = '', ...rest] = wrap(harmless(write.why), WIDTH - NOTE);
  const kind = write.kind.replace('service-', '');
  const head = `${time.padStart(8)}  ${kind.padEnd(8)}  ${bar} ${percent.padStart(6)}  ${first}`;
  return [head, ...rest.map((text) => `${' '.repeat(NOTE)}${text}`)];
}

function drawBar(legs: readonly Leg[], { stable, canary }: Roles): string {
  const cells = (weight: number): number => Math.round((weight / WHOLE) * BAR);
  const filled = cells(weightOf(legs, canary));
  const kept = Math.min(BAR - filled, cells(WHOLE - weightOf(legs, canary) - weightOf(legs, stable)));
  return `${'#'.repeat(filled)}${'='.repeat(kept)}${'.'.repeat(BAR - filled - kept)}`;
}

function endLines({ earliest, people, end }: Timeline, style: Style): readonly string[] {
  const time = `${formatDuration(earliest)} at the earliest`;
  const pauses = people === 1 ? 'an open pause' : `${people} open pauses`;
  const needed = people === 0 ? 'no person is needed' : `plus (+) what a person takes at ${pauses}`;
  const course = `Total: ${time}; ${needed}.`;
  if (end.phase === 'Promoted') return [course];
  if (end.phase === 'Reverted')
    return [course, ...wrap(`Even if all goes well, this plan REVERTS: ${end.message}`, WIDTH).map(style.bad)];
  return [course, ...wrap(`It stops there: ${end.message}.`, WIDTH).map(style.warn)];
}

function named(plan: Plan, name: string): string {
  const version = plan.subsets.find((subset) => subset.name === name)?.version;
  return version === undefined ? name : `${name} "${version}"`;
}

/** A duration with tenths of a second where it has some: `300ms`, `2.3s`, `1m`. */
function formatTenths(ms: number): string {
  return ms >= 1_000 && ms < 60_000 && ms % 1_000 !== 0 ? `${Math.round(ms / 100) / 10}s` : formatDuration(ms);
}

/** The text in lines of at most this width, broken at spaces. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!;
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines;
}
