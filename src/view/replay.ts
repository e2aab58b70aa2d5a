import { formatDuration } from '../core/duration.js';
import type { Signal } from '../core/plan.js';
import { formatTime } from '../core/record.js';
import { isComparing, isScalar } from '../core/scalar-signal.js';
import { describeBad } from '../judge/count-words.js';
import type { Replay, ReplayedSignal } from '../judge/replay.js';
import { formatCount, formatNumber, formatShare } from '../judge/text.js';
import { wrap } from './simulate.js';
import { columnOf, drawSparkline } from './sparkline.js';
import { harmless, padTo, type Style } from './style.js';

/** What was replayed: whose past, when, and why some signals have none. */
export interface Replayed {
  readonly service: string;
  readonly canary: string;
  readonly stable: string;
  readonly from: number;
  readonly to: number;
  readonly replay: Replay;
  /** By signal name, why it could not be replayed. */
  readonly missing: ReadonlyMap<string, string>;
}

const WIDTH = 79;
const INDENT = 12;
const COLUMNS = WIDTH - INDENT;

/** Where a plan would have taken a canary back: the answer, then a time line with the numbers for each signal. */
export function renderReplay(past: Replayed, style: Style): string {
  const { from, to, replay, missing } = past;
  const head = `${past.service}: ${past.canary} beside ${past.stable}, ${moment(from)} to ${moment(to)}`;
  const blocks = replay.signals.map((one) => {
    const why = missing.get(one.signal.name);
    return why === undefined ? renderSignal(one, past, style) : renderMissing(one, why, style);
  });
  const answer = wrap(harmless(conclude(past)), WIDTH).map(replay.first === undefined ? style.good : style.bad);
  const note = wrap(
    'Only signals are replayed, as one rollout without steps from the first look on: no weights, no instances, no deadline. Evidence is drawn by its logarithm; it is full, and fails, at X.',
    WIDTH,
  ).map(style.dim);
  return `${[style.bold(harmless(head)), ...answer, '', ...blocks.flatMap((lines) => [...lines, '']), ...note].join('\n')}\n`;
}

/** The outcome as a sentence. */
export function conclude({ replay, missing, from }: Replayed): string {
  const { first, signals } = replay;
  const left = missing.size === 0 ? '' : ` (of ${signals.length} signals, ${missing.size} could not be replayed)`;
  if (first?.failure === undefined) return `This plan would not have reverted${left}.`;
  const { at } = first.failure;
  return `This plan would have reverted at ${moment(at)}, ${since(at, from)} in, by ${first.signal.name}${left}.`;
}

function renderMissing({ signal, end }: ReplayedSignal, why: string, style: Style): readonly string[] {
  return [
    `${named(signal, style)}  ${harmless(end.bound)}  ${style.warn('not replayed')}`,
    ...indent(`${signal.source}: ${why}`),
  ];
}

function renderSignal(one: ReplayedSignal, { from, to, replay }: Replayed, style: Style): readonly string[] {
  const columns = Math.min(COLUMNS, Math.max(...replay.signals.map(({ looks: all }) => all.length)));
  const { signal, looks, failure, end } = one;
  const verdict = failure === undefined ? end.verdict : `Failed at ${moment(failure.at)} (${since(failure.at, from)} in)`;
  const paint = failure !== undefined ? style.bad : end.verdict === 'Successful' ? style.good : style.warn;
  const top = looks.reduce((most, { value }) => Math.max(most, value ?? 0), 0);
  const show = signal.source === 'envoy' ? formatShare : formatNumber;
  const values = looks.map(({ at, value }) => ({ at, height: value === null ? null : value / (top || 1) }));
  const line = drawSparkline(
    looks.map(({ at, nearness }) => ({ at, height: nearness })),
    from,
    to,
    columns,
  );
  const mark = failure === undefined ? undefined : columnOf(failure.at, from, to, columns);
  return [
    `${named(signal, style)}  ${harmless(end.bound)}  ${paint(verdict)}`,
    drawn('value', drawSparkline(values, from, to, columns)),
    drawn(
      isScalar(signal) && !isComparing(signal) ? 'misses' : 'evidence',
      mark === undefined ? line : `${line.slice(0, mark)}X`,
    ),
    ...indent(`up to ${show(top)} in one look; ${sayCounts(one)}`),
    ...indent(end.message),
  ];
}

function sayCounts({ signal, failure, bad, total }: ReplayedSignal): string {
  const when = failure === undefined ? 'in all' : 'by then';
  if (isScalar(signal)) {
    const how = isComparing(signal) ? 'were worse than allowed beside stable' : 'missed the bound';
    return `${when}: ${formatCount(bad)} of ${formatCount(total)} measurements ${how}`;
  }
  const verb = signal.metric === 'latency' ? 'were too slow' : describeBad(signal);
  return `${when}: ${formatCount(bad)} of ${formatCount(total)} canary requests ${verb}`;
}

function named({ name, dryRun }: Signal, style: Style): string {
  return `${style.bold(harmless(name))}${dryRun === true ? ' (dry run)' : ''}`;
}

function drawn(name: string, line: string): string {
  return `  ${padTo(name, INDENT - 2)}${line}`.trimEnd();
}

function indent(text: string): readonly string[] {
  return wrap(harmless(text), WIDTH - 2).map((line) => `  ${line}`);
}

/** Without the milliseconds that only few moments have. */
function moment(at: number): string {
  return formatTime(at).replace('.000Z', 'Z');
}

function since(at: number, from: number): string {
  return formatDuration(at - from);
}
