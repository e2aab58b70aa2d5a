import type { RolloutDetail } from '../../api/schemas.js';
import { html } from './html.js';
import type { Entries } from './rollout.js';
import { SignalChart } from './signal-chart.js';
import type { Sample, Tables } from './traffic.js';
import { clock } from './words.js';

const SIGNS = { Successful: '✔', Failed: '✖', Inconclusive: '?', Error: '!' };

interface SignalsProps {
  readonly detail: RolloutDetail;
  readonly entries: Entries;
  readonly samples: readonly Sample[];
  readonly tables: Tables;
}

/** Each signal against its bound, with what it rests on. */
export function Signals({ detail, entries, samples, tables }: SignalsProps) {
  const { signals } = detail;
  return html`<section aria-labelledby="signals"><h2 id="signals">Signals</h2>
    ${signals.length === 0 && html`<p class="muted">The plan names none: nothing takes it back by itself but a subset without instances.</p>`}
    <ul class="signals">${signals.map((signal) => {
      const { name, source, verdict, value, bound, samples: count, at, message, band, dryRun } = signal;
      const query = lastQuery(entries, name);
      return html`<li key=${name} class=${verdict.toLowerCase()}>
        <p><b>${name}</b> <span class="number">${value ?? 'no data'}</span> <span>${bound}</span>
          <span class="sign">${SIGNS[verdict]} ${verdict}</span>${dryRun === true && html` <span class="muted">(dry run)</span>`}</p>
        <p class="muted">${message}</p>
        <${SignalChart} signal=${signal} entries=${entries} samples=${samples} tables=${tables} />
        <details><summary>Evidence</summary>
          <dl><dt>source</dt><dd>${source}</dd><dt>samples</dt><dd>${count}</dd>${band !== undefined && html`<dt>99% sure</dt><dd>${band.low}% to ${band.high}%</dd>`}<dt>read at</dt><dd>${clock(at) || 'not yet'}</dd>
          ${query !== undefined && html`<dt>query</dt><dd><code>${query}</code></dd>`}</dl>
        </details></li>`;
    })}</ul></section>`;
}

function lastQuery(entries: Entries, name: string): string | undefined {
  const finding = entries
    .findLast(({ findings }) => findings.some((one) => one.name === name))
    ?.findings.find((one) => one.name === name);
  return typeof finding?.query === 'string' ? finding.query : undefined;
}
