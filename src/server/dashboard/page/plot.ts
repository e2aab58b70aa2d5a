import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { html } from './html.js';
import { timeOfDay } from './words.js';

/** How a chart looks, by the page's own colours; asked again when the viewer's scheme changes. */
export type Look = (colour: (name: string) => string) => Pick<uPlot.Options, 'height' | 'scales' | 'series' | 'legend'> & {
  readonly bands?: uPlot.Band[];
  /** A number of the y axis, as people read it. */
  readonly tick: (value: number) => string;
};

/** A chart over time (s since the epoch) that fits its place. Screen readers get a table in its stead. */
export function Plot({ look, data }: { look: Look; data: uPlot.AlignedData }) {
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
    const made = new uPlot(optionsFor(element, look), data, element);
    plot.current = made;
    const fit = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: made.height }));
    fit.observe(element);
    return () => {
      fit.disconnect();
      made.destroy();
    };
  }, [scheme]);
  useEffect(() => plot.current?.setData(data), [data]);
  return html`<div ref=${place} class="chart" aria-hidden="true"></div>`;
}

function optionsFor(element: HTMLElement, look: Look): uPlot.Options {
  const style = getComputedStyle(element);
  const colour = (name: string): string => style.getPropertyValue(name).trim();
  const { tick, ...own } = look(colour);
  const axis = { stroke: colour('--muted'), grid: { stroke: colour('--hair'), width: 1 }, ticks: { show: false } };
  return {
    width: element.clientWidth,
    cursor: { show: false },
    legend: { show: true, live: false },
    axes: [
      { ...axis, size: 28, space: 80, values: (_, values) => values.map((value) => timeOfDay(value * 1_000)) },
      { ...axis, size: 60, space: 25, values: (_, values) => values.map(tick) },
    ],
    ...own,
  };
}
