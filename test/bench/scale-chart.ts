import type { Held } from './scale-held.js';

const WIDTH = 760;
const PANEL = { width: 330, height: 150, left: 50, top: 34, gapX: 380, gapY: 200 } as const;

/** One small picture of the growth: what it shows, its unit, and the promise, if there is one. */
interface Panel {
  readonly title: string;
  readonly value: (held: Held) => number;
  readonly promise?: number;
}

const PANELS: readonly Panel[] = [
  { title: 'resident memory, MB', value: ({ rssMb }) => rssMb, promise: 400 },
  { title: 'processor, cores', value: ({ cores }) => cores, promise: 0.25 },
  { title: 'requests to Consul a second', value: ({ consulRequestsPerSecond }) => consulRequestsPerSecond },
  { title: 'start-up until all are known, s', value: ({ startupSeconds }) => startupSeconds },
];

/** Memory, processor, requests and start-up over the number of held rollouts (logarithmic), as one SVG. */
export function drawGrowth(held: readonly Held[]): string {
  const height = PANEL.top + 2 * PANEL.gapY;
  const title = `What ${held[0]!.rollouts} to ${held.at(-1)!.rollouts} held rollouts cost one controller`;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>
text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #1b1f24 } .title { font-weight: bold } .axis { stroke: #8c959f }
.line { stroke: #0b6bcb; stroke-width: 2; fill: none } .dot { fill: #0b6bcb } .promise { stroke: #b4232a; stroke-dasharray: 4 3 } .limit { fill: #b4232a } .back { fill: #f6f8fa }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .back { fill: #171d24 } .line { stroke: #6cb6ff } .dot { fill: #6cb6ff } .promise { stroke: #ff7b72 } .limit { fill: #ff7b72 } }
</style>
<rect class="back" width="100%" height="100%" rx="8"/>
${PANELS.map((panel, i) => drawPanel(panel, held, PANEL.left + (i % 2) * PANEL.gapX, PANEL.top + Math.floor(i / 2) * PANEL.gapY)).join('\n')}
</svg>
`;
}

function drawPanel({ title, value, promise }: Panel, held: readonly Held[], left: number, top: number): string {
  const most = Math.max(...held.map(value), promise ?? 0) * 1.15 || 1;
  const [low, high] = [Math.log(held[0]!.rollouts), Math.log(held.at(-1)!.rollouts)];
  const x = (rollouts: number): number =>
    Math.round(left + (high === low ? 0.5 : (Math.log(rollouts) - low) / (high - low)) * PANEL.width);
  const bottom = top + PANEL.height;
  const y = (number: number): number => Math.round(bottom - (number / most) * (PANEL.height - 16));
  const points = held.map((one) => ({ x: x(one.rollouts), y: y(value(one)), says: value(one), rollouts: one.rollouts }));
  const anchor = (i: number): string => (i === 0 ? 'start' : i === points.length - 1 ? 'end' : 'middle');
  return [
    `<text class="title" x="${left}" y="${top - 8}">${title}</text>`,
    `<path class="axis" fill="none" d="M${left} ${top} V${bottom} H${left + PANEL.width}"/>`,
    ...(promise === undefined
      ? []
      : [
          `<path class="promise" d="M${left} ${y(promise)} H${left + PANEL.width}"/><text class="limit" x="${left + 4}" y="${y(promise) - 4}">promised: under ${promise}</text>`,
        ]),
    `<polyline class="line" points="${points.map((point) => `${point.x},${point.y}`).join(' ')}"/>`,
    ...points.map(
      (point, i) =>
        `<circle class="dot" cx="${point.x}" cy="${point.y}" r="3"/><text x="${point.x}" y="${point.y - 7}" text-anchor="${anchor(i)}">${point.says}</text><text x="${point.x}" y="${bottom + 16}" text-anchor="${anchor(i)}">${point.rollouts}</text>`,
    ),
  ].join('\n');
}
