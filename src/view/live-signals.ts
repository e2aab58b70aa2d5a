import { formatDuration } from '../core/duration.js';
import type { Finding } from '../core/verdict.js';
import { drawTrend, type Glyphs } from './chart.js';
import type { Moment } from './plain.js';
import { harmless, padTo, type Style } from './style.js';
import { numberIn, type Trail } from './trail.js';

/** How the table of signals is drawn: at most `most` rows of signals. */
interface Table {
  readonly style: Style;
  readonly glyphs: Glyphs;
  readonly width: number;
  readonly most: number;
}

/** Without a trend a row takes so many columns. */
const FIXED = 66;
const SOONEST = 60_000;
/** A bound stands at three quarters of a trend's height. */
const HEADROOM = 4 / 3;
const WORST_FIRST = { Failed: 0, Error: 1, Inconclusive: 2, Successful: 3 } as const;

/** The signals, each with its verdict, value, bound, samples, age and trend; where there are too many, the worst, and how many are left out. */
export function signalLines({ seen, now }: Moment, trail: Trail, table: Table): readonly string[] {
  const { style, width, most } = table;
  if (seen.findings.length === 0) return [padTo('  no signals: only instances are watched', width)];
  const trend = width - FIXED;
  const head = `  ${padTo('signal', 10)} ${padTo('verdict', 12)} ${'canary'.padStart(8)}  ${padTo('bound', 12)} ${'samples'.padStart(8)} ${'age'.padStart(6)}${trend > 5 ? '  trend' : ''}`;
  const fits = seen.findings.length <= most;
  const shown = fits ? seen.findings : [...seen.findings].sort(byVerdict).slice(0, most - 1);
  const rest = seen.findings.filter((finding) => !shown.includes(finding));
  return [
    padTo(head, width),
    ...shown.map((finding) => row(finding, now, trail, table)),
    ...(fits ? [] : [padTo(restText(rest), width)]),
  ].map((line, i) => paint(line, i === 0 ? undefined : shown[i - 1], style));
}

function byVerdict(a: Finding, b: Finding): number {
  return WORST_FIRST[a.verdict] - WORST_FIRST[b.verdict];
}

function restText(rest: readonly Finding[]): string {
  const verdicts = new Set(rest.map(({ verdict }) => verdict));
  return `  +${rest.length} signals, ${verdicts.size === 1 ? `all ${[...verdicts][0]}` : [...verdicts].join(' or ')}: splitter status shows them`;
}

function row(finding: Finding, now: number, trail: Trail, { glyphs, width }: Table): string {
  const { name, verdict, value, bound, samples, at, dryRun } = finding;
  const age = at === 0 ? '-' : formatDuration(now - at);
  const trend = dryRun === true ? '(dry run)' : width - FIXED > 5 ? trendOf(finding, now, trail, width - FIXED, glyphs) : '';
  const count = samples.toLocaleString('en-US');
  return padTo(
    `  ${padTo(harmless(name), 10)} ${padTo(verdict, 12)} ${harmless(value ?? '-').padStart(8)}  ${padTo(harmless(bound), 12)} ${count.padStart(8)} ${age.padStart(6)}  ${trend}`,
    width,
  );
}

function trendOf(finding: Finding, now: number, trail: Trail, columns: number, glyphs: Glyphs): string {
  const marks = trail.signal(finding.name);
  const from = Math.min(marks[0]?.at ?? now, now - SOONEST);
  return drawTrend(marks, topOf(finding, trail), { from, to: now, columns }, glyphs);
}

/** The value of the highest level of a signal's chart: so that the bound has room above it, and nothing is cut. */
export function topOf({ name, bound }: Finding, trail: Trail): number {
  const values = trail.signal(name).map(({ value }) => value ?? 0);
  return Math.max((numberIn(bound) ?? 0) * HEADROOM, ...values);
}

function paint(line: string, finding: Finding | undefined, style: Style): string {
  if (finding === undefined) return line;
  if (finding.dryRun === true) return style.dim(line);
  return finding.verdict === 'Failed' ? style.bad(line) : finding.verdict === 'Successful' ? line : style.warn(line);
}
