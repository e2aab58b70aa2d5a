import type { RolloutDetail } from '../../api/schemas.js';
import { html } from './html.js';
import { span } from './words.js';

const ENDED = ['Promoted', 'Promoting'];
const BACK = ['Reverted', 'Reverting', 'Superseded'];

/** The steps done and to come. */
export function Steps({ detail }: { detail: RolloutDetail }) {
  const { steps, step, phase, bake } = detail;
  if (steps === null || step === null)
    return html`<section aria-labelledby="steps"><h2 id="steps">Steps</h2><p class="muted">The plan is not known here.</p></section>`;
  const all = [...steps.map(({ text }) => text), ...(bake === null ? [] : [`bake ${span(bake * 1_000)}`])];
  const done = ENDED.includes(phase ?? '') ? all.length : step.index;
  const stopped = BACK.includes(phase ?? '');
  return html`<section aria-labelledby="steps"><h2 id="steps">Steps</h2>
    <ol class="steps">${all.map((text, i) => {
      const now = i === done;
      const word = i < done ? 'done' : now ? (stopped ? 'stopped here' : 'now') : '';
      return html`<li key=${i} class=${i < done ? 'done' : now ? 'now' : 'to-come'} aria-current=${now && !stopped ? 'step' : undefined}>${text} <span class="muted">${word}</span></li>`;
    })}</ol></section>`;
}
