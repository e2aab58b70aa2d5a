import { useState } from 'preact/hooks';
import { html } from './html.js';
import { leave, Modal } from './modal.js';
import { type Shell, useKeys, useShell } from './shell.js';
import { clock } from './words.js';

/** The bar on top: freeze, connection, and in whose name the viewer acts. */
export function Top() {
  const shell = useShell();
  const [open, setOpen] = useState<'token' | 'help' | undefined>();
  useKeys({ '?': () => setOpen('help') });
  const { link, since, self, freeze, refusal } = shell;
  const close = (): void => setOpen(undefined);
  return html`<header class="top">
      <a href="#/" class="home">splitter</a>
      ${
        freeze?.frozen === true
          ? html`<span class="frozen">❄ frozen by ${freeze.by}: ${freeze.reason}${freeze.until === null ? '' : ` until ${clock(freeze.until)}`}</span>`
          : html`<span class="muted">not frozen</span>`
      }
      <span class="grow"></span>
      <span class=${`link ${link}`} data-link=${link}>${LINKS[link]} <span class="muted">${link === 'live' ? '' : clock(since)}</span></span>
      <span class="who">${self === undefined ? '' : self.message}</span>
      <button type="button" onClick=${() => setOpen('token')}>${self?.acts === true ? 'Change token' : 'Use a Consul token'}</button>
      <button type="button" aria-label="Help" onClick=${() => setOpen('help')}>?</button>
    </header>
    ${link === 'lost' && html`<p class="lost-bar">Connection lost: this is as of ${clock(since)}. Trying again.</p>`}
    ${refusal !== undefined && html`<p class="lost-bar">Refused: ${refusal.message}. This is as of ${clock(since)}. ${refusal.ofToken && 'The token is dropped: use another. '}Asked again at ${clock(refusal.again)}.</p>`}
    ${open === 'token' && html`<${TokenDialog} shell=${shell} onClose=${close} />`}
    ${open === 'help' && html`<${Help} shell=${shell} onClose=${close} />`}`;
}

const LINKS = { live: '● LIVE', stale: '◐ STALE', lost: '○ LOST', refused: '⊘ REFUSED' };

function TokenDialog({ shell, onClose }: { shell: Shell; onClose: () => void }) {
  const [said, setSaid] = useState('');
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const field = form.elements.namedItem('token') as HTMLInputElement;
    const self = await shell.setToken(field.value);
    if (self.acts || field.value === '') form.closest('dialog')?.close();
    else setSaid(self.message);
  };
  return html`<${Modal} title="Your Consul token" onClose=${onClose}>
    <form onSubmit=${submit}>
      <p>What you do here is written with this token, so Consul decides whether you may. It stays in this tab's memory.</p>
      <label>Token <input name="token" type="password" autocomplete="off" spellcheck=${false} autofocus /></label>
      <p role="alert" class="bad-text">${said}</p>
      <p class="buttons"><button type="submit" class="primary">Use it</button><button type="button" onClick=${leave}>Cancel</button></p>
    </form>
  <//>`;
}

const KEYS: readonly (readonly [string, string])[] = [
  ['/', 'filter by name'],
  ['j, k', 'next, previous rollout'],
  ['l', 'the list'],
  ['p', 'pause or resume'],
  ['n', 'next step'],
  ['a', 'abort (asks first)'],
  ['t', 'charts as tables'],
  ['?', 'this help'],
];

function Help({ shell, onClose }: { shell: Shell; onClose: () => void }) {
  return html`<${Modal} title="Keys" onClose=${onClose}>
    <dl class="keys">${KEYS.map(([key, what]) => html`<dt><kbd>${key}</kbd></dt><dd>${what}</dd>`)}</dl>
    <p><label><input type="checkbox" checked=${shell.keys} onChange=${() => shell.setKeys(!shell.keys)} /> single keys act</label></p>
    <p class="buttons"><button type="button" onClick=${leave} autofocus>Close</button></p>
  <//>`;
}
