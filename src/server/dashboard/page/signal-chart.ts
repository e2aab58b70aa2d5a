import type uPlot from 'uplot';
import { numberIn } from '../../../view/number-in.js';
import type { RolloutDetail } from '../../api/schemas.js';
import { html } from './html.js';
import { type Look, Plot } from './plot.js';
import type { Entries } from './rollout.js';
import type { Sample, Tables } from './traffic.js';
import { clock } from './words.js';

type Signal = RolloutDetail['signals'][number];

/** What a signal said at a moment, in the unit of its value; null where it said nothing. */
interface Point {
  readonly at: number;
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly samples: number;
}

interface ChartProps {
  readonly signal: Signal;
  readonly entries: Entries;
  readonly samples: readonly Sample[];
  readonly tables: Tables;
}

const HEIGHT = 120;
const LISTED = 100;

/** A signal over time against its bound, with the band in which the truth lies, where the source tells enough for one. */
export function SignalChart({ signal, entries, samples, tables }: ChartProps) {
  const points = pointsOf(signal.name, entries, samples);
  if (points.every(({ value }) => value === null)) return null;
  if (tables.on) return html`<${PointTable} points=${points} unit=${unitOf(signal)} />`;
  const bound = boundOf(signal);
  const data: uPlot.AlignedData = [
    points.map(({ at }) => at / 1_000),
    points.map(({ low }) => low),
    points.map(({ high }) => high),
    points.map(({ value }) => value),
    points.map(() => bound),
  ];
  const parts = [
    `line: ${signal.name}`,
    ...(bound === null ? [] : ['dashed: its bound']),
    ...(signal.band === undefined ? [] : ['shaded: where the truth lies, 99% sure']),
  ];
  return html`<${Plot} look=${lookOf(signal)} data=${data} /><p class="key muted" aria-hidden="true">${parts.join('; ')}</p>`;
}

function pointsOf(name: string, entries: Entries, samples: readonly Sample[]): readonly Point[] {
  const decided = entries.flatMap(({ at, findings }) =>
    findings.filter((one) => one.name === name).map((one) => pointOf(Date.parse(at), one as unknown as Signal)),
  );
  const seen = samples.flatMap(({ at, signals }) => signals.filter((one) => one.name === name).map((one) => pointOf(at, one)));
  return [...decided, ...seen].sort((a, b) => a.at - b.at);
}

function pointOf(at: number, { value, band, samples }: Signal): Point {
  return { at, value: value === null ? null : numberIn(value), low: band?.low ?? null, high: band?.high ?? null, samples };
}

/** The bound as a line; null where it is none, as of a comparison. */
function boundOf({ bound }: Signal): number | null {
  return /^[<>]=? -?[\d.,]+/.test(bound) ? numberIn(bound) : null;
}

/** What stands behind the number of a value: `%`, `ms`, or nothing. */
function unitOf({ value, bound }: Signal): string {
  return /[\d.](%|ms|s)?$/.exec(value ?? bound)?.[1] ?? '';
}

function lookOf(signal: Signal): Look {
  const unit = unitOf(signal);
  const bound = boundOf(signal) ?? 0;
  return (colour) => ({
    height: HEIGHT,
    legend: { show: false },
    // The bound is in sight with room above it; a band of few requests is cut rather than making all else flat.
    scales: {
      y: { range: (plot, _, most) => [0, Math.max(bound * 1.5, topOf(plot), most > 0 ? Math.min(most, bound * 4) : 0) || 1] },
    },
    bands: [{ series: [2, 1], fill: colour('--canary-wash') }],
    tick: (value) => `${Number(value.toPrecision(3))}${unit}`,
    series: [
      {},
      { stroke: colour('--canary-wash'), width: 1, points: { show: false } },
      { stroke: colour('--canary-wash'), width: 1, points: { show: false } },
      { stroke: colour('--canary'), width: 2, points: { show: false } },
      { stroke: colour('--red-text'), width: 1.5, dash: [6, 4], points: { show: false } },
    ],
  });
}

/** The highest value itself, which is never cut. */
function topOf(plot: uPlot): number {
  return Math.max(0, ...((plot.data[3] ?? []) as readonly (number | null)[]).map((value) => value ?? 0)) * 1.1;
}

function PointTable({ points, unit }: { points: readonly Point[]; unit: string }) {
  const said = (value: number | null): string => (value === null ? 'unknown' : `${value}${unit}`);
  return html`<div class="scrolls"><table><thead><tr><th scope="col">time</th><th scope="col">value</th><th scope="col">99% band</th><th scope="col">samples</th></tr></thead>
    <tbody>${points
      .slice(-LISTED)
      .reverse()
      .map(
        ({ at, value, low, high, samples }, i) =>
          html`<tr key=${i}><td>${clock(at)}</td><td>${said(value)}</td><td>${low === null ? '' : `${low}..${said(high)}`}</td><td>${samples}</td></tr>`,
      )}</tbody></table></div>`;
}
