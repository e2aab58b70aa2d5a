import type { RolloutRow } from '../../api/schemas.js';
import { html } from './html.js';
import { percent } from './words.js';

/** How much of the traffic canary has: filled as stored, with a tick where it was observed. */
export function WeightBar({ row }: { row: RolloutRow }) {
  const { canary } = row;
  if (canary === null) return html`<span class="bar" aria-hidden="true"></span>`;
  const { stored, observed } = canary.weight;
  const label = `${canary.subset} has ${percent(stored)}, observed ${percent(observed)}`;
  return html`<span class="bar" role="img" aria-label=${label}>
    <span class="fill" style=${{ width: `${stored ?? 0}%` }}></span>
    ${observed !== null && html`<span class="tick" style=${{ left: `${observed}%` }}></span>`}
  </span>`;
}
