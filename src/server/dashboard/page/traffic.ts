import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { RolloutDetail } from '../../api/schemas.js';
import { html } from './html.js';
import type { Entries } from './rollout.js';
import { clock, percent, versionOf } from './words.js';

/** What was seen of canary's weight at a moment. */
export interface Sample {
  readonly at: number;
  readonly observed: number | null;
  readonly stored: number | null;
}

/** One moment of the chart: canary's share as asked, stored and observed. */
interface Point {
  readonly at: number;
  readonly asked: number | null;
  readonly stored: number | null;
  readonly observed: number | null;
}

const HEIGHT = 180;

/** The weights now, and over time. */
export function Traffic({ detail, entries, samples }: { detail: RolloutDetail; entries: Entries; samples: readonly Sample[] }) {
  const [asTable, setAsTable] = useState(false);
  const legs = [detail.stable, detail.canary, ...detail.legs].filter((leg) => leg !== null);
  const { canary } = detail;
  const points = canary === null ? [] : pointsOf(entries, samples, canary.subset, canary.weight);
  return html`<section aria-labelledby="traffic"><h2 id="traffic">Traffic</h2>
    <table class="weights"><thead><tr><th scope="col">subset</th><th scope="col">asked</th><th scope="col">stored</th><th scope="col">observed</th></tr></thead>
      <tbody>${legs.map(
        (
          leg,
        ) => html`<tr key=${leg.subset}><th scope="row" class=${leg === canary ? 'canary' : leg === detail.stable ? 'stable' : 'leg'}>${versionOf(leg)}</th>
          <td>${percent(leg.weight.asked)}</td><td>${percent(leg.weight.stored)}</td><td>${percent(leg.weight.observed)}</td></tr>`,
      )}</tbody></table>
    ${
      canary !== null &&
      html`<p id="chart-title">${versionOf(canary)} over time: asked ${percent(canary.weight.asked)}, stored ${percent(canary.weight.stored)}, observed ${percent(canary.weight.observed)} now.
        <button type="button" class="small" aria-pressed=${asTable} onClick=${() => setAsTable(!asTable)}>Table</button></p>
      ${asTable ? html`<${PointTable} points=${points} />` : html`<${Chart} points=${points} />`}`
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

function Chart({ points }: { points: readonly Point[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [scheme, setScheme] = useState(0);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const again = (): void => setScheme((n) => n + 1);
    dark.addEventListener('change', again);
    return () => dark.removeEventListener('change', again);
  }, []);
  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(optionsFor(element), dataOf(points), element);
    plot.current = made;
    const fit = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    fit.observe(element);
    return () => {
      fit.disconnect();
      made.destroy();
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(dataOf(points)), [points]);
  return html`<div ref=${place} class="chart" aria-hidden="true"></div>`;
}

function dataOf(points: readonly Point[]): uPlot.AlignedData {
  return [
    points.map(({ at }) => at / 1_000),
    points.map(({ asked }) => asked),
    points.map(({ stored }) => stored),
    points.map(({ observed }) => observed),
  ];
}

function optionsFor(element: HTMLElement): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const stepped = uPlot.paths.stepped!({ align: 1 });
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--hair'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: true, live: false },
    scales: { y: { range: [0, 100] } },
    axes: [
      { ...axis, space: 80, values: (_, values) => values.map((value) => clock(value * 1_000)) },
      { ...axis, values: (_, values) => values.map((value) => `${value}%`) },
    ],
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
}
