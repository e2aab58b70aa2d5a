import { DRILL_ENDS, type Drill, type DrillBreak, type DrillPart } from '../core/drill.js';
import { formatDuration } from '../core/duration.js';
import { formatTime } from '../core/record.js';
import { formatPercent } from '../core/weights.js';
import { harmless, oneLine } from './style.js';

const TITLES = { there: 'a normal rollout', back: 'a normal rollout, back again', broken: 'canary broken on purpose' } as const;

/** The report to keep, in Markdown. */
export function drillReport(drill: Drill): string {
  const broken = drill.parts.find((part) => part.broken !== undefined)?.broken;
  return `${[
    `# Drill of ${harmless(drill.service)}`,
    table(
      ['', ''],
      [
        ['result', drill.problems.length === 0 ? '**passed**' : '**failed**'],
        ['date', `${formatTime(drill.startedAt)}, took ${formatDuration(drill.endedAt - drill.startedAt)}`],
        ['operator', drill.by],
        ['where', drill.where],
        ['plan', drill.plan],
        ['what was real', drill.real],
      ],
    ),
    ...(drill.problems.length === 0
      ? []
      : ['## What did not end as it had to', drill.problems.map((problem) => `- ${line(problem)}`).join('\n')]),
    '## The rollouts',
    table(
      ['', 'rollout', 'from', 'to', 'had to end', 'ended', 'took', 'requests', 'failed'],
      drill.parts.map((part, i) => [
        `${i + 1}. ${TITLES[part.kind]}`,
        part.rollout,
        part.from,
        part.to,
        DRILL_ENDS[part.kind],
        `${part.phase} (${part.reason})`,
        lapse(part.startedAt, part.endedAt),
        ...(part.requests === null
          ? ['unknown', 'unknown']
          : [part.requests.sent.toLocaleString('en'), part.requests.failed.toLocaleString('en')]),
      ]),
    ),
    ...(broken === undefined ? [] : ['## How fast it was taken back', table(['from', 'to', 'time'], breakRows(broken))]),
    '## Step by step',
    ...drill.parts.flatMap((part, i) => [`### ${i + 1}. ${TITLES[part.kind]}: ${part.from} to ${part.to}`, stepTable(part)]),
  ].join('\n\n')}\n`;
}

/** Its row in a table of drills: date, action, result, operator. */
export function drillRow(drill: Drill): string {
  const broken = drill.parts.find((part) => part.broken !== undefined)?.broken;
  const back = broken?.revertedAt == null ? '' : ` by itself ${lapse(broken.brokenAt, broken.revertedAt)} after the break`;
  const clear = broken?.clearAt == null ? '' : `; no request at canary after ${lapse(broken.brokenAt, broken.clearAt)}`;
  const passed = `2 promoted, 1 taken back${back}${clear}`;
  const result = drill.problems.length === 0 ? `passed: ${passed}` : `failed: ${drill.problems.join('; ')}`;
  const action = `drill of ${drill.service}: two normal rollouts, one deliberate rollback (${drill.where})`;
  return row([formatTime(drill.startedAt).slice(0, 10), action, result, drill.by]);
}

/** The head of such a table. */
export const DRILL_LOG_HEAD = '| Date | Action | Result | Operator |\n|---|---|---|---|';

/** The same as data: times RFC 3339 UTC, weights in percent, lapses in ms. */
export function drillJson(drill: Drill): object {
  const time = (at: number | null): string | null => (at === null ? null : formatTime(at));
  return {
    ...drill,
    passed: drill.problems.length === 0,
    startedAt: formatTime(drill.startedAt),
    endedAt: formatTime(drill.endedAt),
    parts: drill.parts.map(({ broken, steps, ...part }) => ({
      ...part,
      startedAt: formatTime(part.startedAt),
      endedAt: formatTime(part.endedAt),
      steps: steps.map((step) => ({
        ...step,
        at: formatTime(step.at),
        afterMs: step.at - part.startedAt,
        weight: step.weight / 100,
      })),
      ...(broken === undefined
        ? {}
        : {
            broken: Object.fromEntries(Object.entries(broken).map(([key, at]) => [key, time(at)])),
            lapsesMs: {
              breakToFirstFailure: between(broken.brokenAt, broken.failedAt),
              breakToRevert: between(broken.brokenAt, broken.revertedAt),
              firstFailureToRevert: between(broken.failedAt, broken.revertedAt),
              revertToClear: between(broken.revertedAt, broken.clearAt),
            },
          }),
    })),
  };
}

function breakRows({ brokenAt, failedAt, revertedAt, clearAt }: DrillBreak): readonly (readonly string[])[] {
  return [
    ['the break', 'the first failed request that a sidecar counted', lapse(brokenAt, failedAt)],
    ['the break', 'the write of the revert (stable 100%)', lapse(brokenAt, revertedAt)],
    ['the first failed request', 'the write of the revert', lapse(failedAt, revertedAt)],
    ['the write of the revert', 'no request at canary any more (observed 0%)', lapse(revertedAt, clearAt)],
  ];
}

function stepTable({ steps, startedAt }: DrillPart): string {
  return table(
    ['after', 'canary', 'phase', 'what'],
    steps.map(({ at, weight, phase, message }) => [lapse(startedAt, at), formatPercent(weight), phase, message]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(line).join(' | ')} |`;
}

/** One cell or line of Markdown: no line break, no bar, no control character. */
function line(text: string): string {
  return oneLine(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function between(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : to - from;
}

/** A lapse to a tenth of a second where that matters. */
function lapse(from: number | null, to: number | null): string {
  const ms = between(from, to);
  if (ms === null) return 'not seen';
  return ms >= 1_000 && ms < 60_000 ? `${(ms / 1_000).toFixed(1)}s` : formatDuration(ms);
}
