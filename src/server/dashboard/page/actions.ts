import { useState } from 'preact/hooks';
import { isGone } from '../../../core/observation.js';
import type { Action } from '../../api/kinds.js';
import type { Acted, RolloutDetail } from '../../api/schemas.js';
import { type ApiError, order } from './api.js';
import { html } from './html.js';
import { leave, Modal } from './modal.js';
import { useKeys, useShell } from './shell.js';
import { isConnected } from './stream.js';
import { percent, versionOf } from './words.js';

interface Act {
  readonly name: string;
  readonly action: Action;
  readonly body: object;
  readonly cli: string;
  /** Asks first. */
  readonly asks?: 'abort' | 'full' | 'undo' | 'retry';
  readonly kind?: 'primary' | 'danger';
  readonly key?: string;
}

const MOVES = ['Pending', 'Progressing', 'Baking'];

/** What makes sense now, with its command. */
function actsOf({ phase, reason, service, group, stable }: RolloutDetail): readonly Act[] {
  const act = (name: string, action: Action, more: Partial<Act> = {}, flag = ''): Act => ({
    name,
    action,
    body: {},
    cli: `splitter ${action} ${service}${flag}`,
    ...more,
  });
  const forced = isGone(stable?.instances ?? undefined);
  const abort = forced
    ? act('Abort by force…', 'abort', { asks: 'abort', kind: 'danger', body: { force: true } }, ' --force')
    : act('Abort', 'abort', { asks: 'abort', kind: 'danger', key: 'a' });
  const next = act('Next step', 'promote', { key: 'n' });
  const full = act('Promote all…', 'promote', { body: { full: true }, asks: 'full' }, ' --full');
  if (MOVES.includes(phase ?? '')) return [act('Pause', 'pause', { key: 'p' }), next, full, abort];
  if (phase === 'Paused' && reason === 'Drift')
    return [
      act('Adopt their weights', 'resume', { body: { choice: 'adopt' } }, ' --adopt'),
      act('Put ours back', 'resume', { body: { choice: 'reassert' } }, ' --reassert'),
      abort,
    ];
  if (reason === 'StableGone') return [full, abort];
  if (phase === 'Paused') {
    const goOn =
      reason === 'TargetReached'
        ? act('Promote', 'promote', { kind: 'primary', key: 'p' })
        : act('Resume', 'resume', { kind: 'primary', key: 'p' });
    return [goOn, ...(reason === 'TargetReached' ? [] : [next]), full, abort];
  }
  if (phase === 'Promoting' || phase === 'Reverting') return [abort];
  if (phase === 'Promoted') return [act('Undo…', 'undo', { asks: 'undo', kind: 'danger' })];
  // A group begins anew as a whole, and in a terminal.
  if ((phase === 'Reverted' || phase === 'Superseded') && group !== undefined) return [];
  if (phase === 'Reverted' || phase === 'Superseded') return [act('Retry…', 'retry', { asks: 'retry', kind: 'primary' })];
  return [];
}

/** The buttons, each with the viewer's own token; without one, the command lines. */
export function Actions({ detail, onDone }: { detail: RolloutDetail; onDone: () => void }) {
  const { self, link } = useShell();
  const [asked, setAsked] = useState<Act | undefined>();
  const [said, setSaid] = useState<{ text: string; next: string; bad: boolean } | undefined>();
  const [busy, setBusy] = useState('');
  const acts = actsOf(detail);
  const mayAct = self?.acts === true;
  const run = async (act: Act): Promise<void> => {
    setAsked(undefined);
    setBusy(act.name);
    try {
      const seen = act.action === 'abort' ? null : detail.modifyIndex;
      const { message, changed } = await order<Acted>(detail.service, act.action, act.body, seen);
      setSaid({ text: changed ? `${act.name.replace('…', '')}: ${message}` : `Nothing to do: ${message}`, next: '', bad: false });
    } catch (error) {
      const { message, problem } = error as ApiError;
      // An abort may be done twice; anything else only by somebody who has looked.
      const again = problem !== undefined || act.action === 'abort' ? act.cli : `splitter status ${detail.service}`;
      setSaid({ text: message, next: problem?.next ?? again, bad: true });
    }
    setBusy('');
    onDone();
  };
  const press = (act: Act): void => (act.asks === undefined ? void run(act) : setAsked(act));
  const enabled = (act: Act): boolean => busy === '' && (isConnected(link) || act.action === 'abort');
  useKeys(
    Object.fromEntries(
      mayAct ? acts.flatMap((act) => (act.key === undefined ? [] : [[act.key, () => void (enabled(act) && press(act))]])) : [],
    ),
  );
  if (acts.length === 0)
    return html`<section class="actions"><p class="muted">Nothing is under way. In a terminal: <code>${detail.group === undefined ? `splitter ramp ${detail.service} --to 10` : `splitter start ${detail.group.name}`}</code></p></section>`;
  return html`<section class="actions" aria-label="Actions">
    ${
      mayAct
        ? html`<p class="buttons">${acts.map(
            (act) => html`<button type="button" key=${act.name} class=${act.kind ?? ''} disabled=${!enabled(act)} title=${act.cli}
              onClick=${() => press(act)}>${act.name}</button>`,
          )}</p>`
        : html`<p class="muted">Reading only: use a Consul token to act, or type in a terminal
            ${acts.map((act) => html` <code key=${act.cli + act.name}>${act.cli}</code>`)}</p>`
    }
    ${said !== undefined && html`<p role="alert" class=${said.bad ? 'trouble' : 'done'}>${said.text} ${said.next !== '' && html`<code>${said.next}</code>`}</p>`}
    ${asked !== undefined && html`<${Ask} act=${asked} detail=${detail} onYes=${() => run(asked)} onClose=${() => setAsked(undefined)} />`}
  </section>`;
}

function Ask({ act, detail, onYes, onClose }: { act: Act; detail: RolloutDetail; onYes: () => void; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const { service, stable, canary } = detail;
  const doubtful = detail.signals.filter(({ verdict, dryRun }) => verdict !== 'Successful' && dryRun !== true);
  const others = (detail.group?.members ?? []).map((member) => member.service).filter((name) => name !== service);
  const mustType = act.asks === 'full' && doubtful.length > 0;
  const submit = (event: Event): void => {
    event.preventDefault();
    if (!mustType || typed === service) onYes();
  };
  return html`<${Modal} title=${TITLES[act.asks!](service)} onClose=${onClose}>
    <form onSubmit=${submit}>
      ${act.asks === 'abort' && html`<p>${versionOf(stable)} gets all traffic now; ${percent(canary?.weight.stored)} moves back from ${versionOf(canary)}.</p>`}
      ${act.asks === 'abort' && isGone(stable?.instances ?? undefined) && html`<p>Nobody is there: no instance of ${versionOf(stable)} is ready, so all of it fails.</p>`}
      ${act.asks === 'undo' && html`<p>All traffic goes back from ${versionOf(canary)} to ${versionOf(stable)}, in one write.</p>`}
      ${act.asks === 'retry' && html`<p>${versionOf(canary)} is tried again from the first step, with a clean slate of evidence. Last time: ${detail.message}.</p>`}
      ${act.asks === 'full' && html`<${Skipped} detail=${detail} />`}
      ${doubtful.length > 0 && act.asks === 'full' && html`<p>Not proven: ${doubtful.map(({ name, verdict }) => `${name} (${verdict})`).join(', ')}.</p>`}
      ${mustType && html`<label>Type ${service} to go on <input name="confirm" autocomplete="off" onInput=${(event: InputEvent) => setTyped((event.target as HTMLInputElement).value)} /></label>`}
      ${others.length > 0 && html`<p>In lock step in ${detail.group?.name}: the same happens to ${others.join(', ')}.</p>`}
      <p class="buttons">
        <button type="submit" class=${act.kind ?? 'primary'} disabled=${mustType && typed !== service} autofocus=${!mustType}>${YES[act.asks!]}</button>
        <button type="button" onClick=${leave}>Cancel</button>
      </p>
      <p class="muted">The same in a terminal: <code>${act.cli}</code></p>
    </form>
  <//>`;
}

const TITLES = {
  abort: (service: string) => `Take ${service} back?`,
  full: (service: string) => `Promote ${service} now?`,
  undo: (service: string) => `Undo the promotion of ${service}?`,
  retry: (service: string) => `Try ${service} again?`,
};
const YES = { abort: 'Abort now', full: 'Promote all', undo: 'Undo now', retry: 'Retry now' };

function Skipped({ detail }: { detail: RolloutDetail }) {
  const { steps, step, canary } = detail;
  const left = steps?.slice(step?.index ?? 0).map(({ text }) => text) ?? [];
  return html`<p>All traffic goes to ${versionOf(canary)} now. Skipped: ${[...left, 'the bake'].join('; ')}.</p>`;
}
