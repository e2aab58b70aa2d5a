import uPlot from 'uplot';
import type { RolloutDetail } from '../../api/schemas.js';
import { html } from './html.js';
import { type Look, Plot } from './plot.js';
import type { Entries } from './rollout.js';
import { clock, percent, versionOf } from './words.js';

/** What was seen at a moment: canary's weight, and what each signal said. */
export interface Sample {
  readonly at: number;
  readonly observed: number | null;
  readonly stored: number | null;
  readonly signals: RolloutDetail['signals'];
}

/** Whether charts are shown as tables: one switch for all of a page. */
export interface Tables {
  readonly on: boolean;
  readonly toggle: () => void;
}

/** One moment of the chart: canary's share as asked, stored and observed. */
interface Point {
  readonly at: number;
  readonly asked: number | null;
  readonly stored: number | null;
  readonly observed: number | null;
}

const HEIGHT = 180;

interface TrafficProps {
  readonly detail: RolloutDetail;
  readonly entries: Entries;
  readonly samples: readonly Sample[];
  /** Whether charts are shown as tables, and how to change that. */
  readonly tables: Tables;
}

/** The weights now, and over time. */
export function Traffic({ detail, entries, samples, tables }: TrafficProps) {
  const legs = [detail.stable, detail.canary, ...detail.legs].filter((leg) => leg !== null);
  const { canary } = detail;
  const points = canary === null ? [] : pointsOf(entries, samples, canary.subset, canary.weight);
  return html`<section aria-labelledby="traffic"><h2 id="traffic">Traffic</h2>
    <table class="weights"><thead><tr><th scope="col">subset</th><th scope="col">asked</th><th scope="col">stored</th><th scope="col">observed</th><th scope="col" title="of the requests that its instances received, those that its callers counted">seen</th></tr></thead>
      <tbody>${legs.map(
        (
          leg,
        ) => html`<tr key=${leg.subset}><th scope="row" class=${leg === canary ? 'canary' : leg === detail.stable ? 'stable' : 'leg'}>${versionOf(leg)}</th>
          <td>${percent(leg.weight.asked)}</td><td>${percent(leg.weight.stored)}</td><td>${percent(leg.weight.observed)}</td><td>${percent(leg.coverage)}</td></tr>`,
      )}</tbody></table>
    ${
      canary !== null &&
      html`<p id="chart-title">${versionOf(canary)} over time: asked ${percent(canary.weight.asked)}, stored ${percent(canary.weight.stored)}, observed ${percent(canary.weight.observed)} now.
        <button type="button" class="small" aria-pressed=${tables.on} onClick=${tables.toggle}>Tables</button></p>
      ${tables.on ? html`<${PointTable} points=${points} />` : html`<${Plot} look=${look} data=${dataOf(points)} />`}`
    }</section>`;
}

function pointsOf(entries: Entries, samples: readonly Sample[], subset: string, now: Omit<Point, 'at'>): readonly Point[] {
  const decided = entries.map(({ at, asked }) => {
    const weight = asked[subset] ?? 0;
    return { at: Date.parse(at), asked: weight, stored: weight, observed: null };
  });
  const askedAt = (at: number): number | null => decided.findLast((one) => one.at <= at)?.asked ?? null;
  const seen = samples.map(({ at, observed, stored }) => ({ at, asked: askedAt(at), stored, observed }));
  return [...decided, ...seen, { ...now, at: Date.now() }].sort((a, b) => a.at - b.at);
}

function PointTable({ points }: { points: readonly Point[] }) {
  return html`<div class="scrolls"><table><thead><tr><th scope="col">time</th><th scope="col">asked</th><th scope="col">stored</th><th scope="col">observed</th></tr></thead>
    <tbody>${points
      .slice(-100)
      .reverse()
      .map(
        (point, i) =>
          html`<tr key=${i}><td>${clock(point.at)}</td><td>${percent(point.asked)}</td><td>${percent(point.stored)}</td><td>${percent(point.observed)}</td></tr>`,
      )}</tbody></table></div>`;
}

function dataOf(points: readonly Point[]): uPlot.AlignedData {
  return [
    points.map(({ at }) => at / 1_000),
    points.map(({ asked }) => asked),
    points.map(({ stored }) => stored),
    points.map(({ observed }) => observed),
  ];
}

const look: Look = (colour) => {
  const stepped = uPlot.paths.stepped!({ align: 1 });
  return {
    height: HEIGHT,
    scales: { y: { range: [0, 100] } },
    tick: (value) => `${value}%`,
    series: [
      {},
      { label: 'asked', stroke: colour('--muted'), width: 1, dash: [2, 3], paths: stepped, points: { show: false } },
      {
        label: 'stored',
        stroke: colour('--canary'),
        width: 2,
        fill: colour('--canary-wash'),
        paths: stepped,
        points: { show: false },
      },
      { label: 'observed', stroke: colour('--text'), width: 1.5, dash: [6, 4], spanGaps: true, points: { show: false } },
    ],
  };
};
