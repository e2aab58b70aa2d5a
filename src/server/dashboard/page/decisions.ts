import { html } from './html.js';
import type { Entries } from './rollout.js';
import { clock, percent } from './words.js';

const SHOWN = 100;

/** The log: what was decided, by whom, on which evidence; the newest first. */
export function Decisions({ entries }: { entries: Entries }) {
  const told = entries.filter(
    (entry, i) => i === 0 || entry.message !== entries[i - 1]!.message || entry.phase !== entries[i - 1]!.phase,
  );
  const last = told.slice(-SHOWN).reverse();
  return html`<section aria-labelledby="decisions"><h2 id="decisions">Decisions</h2>
    ${told.length > SHOWN && html`<p class="muted">The last ${SHOWN} of ${told.length}.</p>`}
    <table class="decisions">
      <thead><tr><th scope="col">time</th><th scope="col">phase</th><th scope="col">weights</th><th scope="col">what</th><th scope="col">by</th><th scope="col">index</th></tr></thead>
      <tbody>${last.map(
        (entry) => html`<tr key=${entry.seq} id=${`decision-${entry.seq}`}>
          <td><time datetime=${entry.at}>${clock(entry.at)}</time></td>
          <td>${entry.phase} <span class="muted">${entry.reason}</span></td>
          <td>${Object.entries(entry.asked)
            .map(([subset, weight]) => `${subset} ${percent(weight)}`)
            .join(', ')}</td>
          <td>${entry.message}${entry.findings.length > 0 && html`<details><summary>Evidence</summary><ul>${entry.findings.map((finding) => html`<li>${finding.name}: ${finding.verdict}, ${finding.message}</li>`)}</ul></details>`}</td>
          <td class="by">${entry.by}</td><td class="index">${Number(entry.indexAfter) > 0 ? `#${entry.indexAfter}` : ''}</td></tr>`,
      )}</tbody>
    </table></section>`;
}
