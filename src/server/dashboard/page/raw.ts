import { useEffect, useState } from 'preact/hooks';
import type { RawEntries } from '../../api/schemas.js';
import { type ApiError, pathOf, read } from './api.js';
import { html } from './html.js';

/** What Consul holds of the service, entry by entry, and the chain that it compiles of them; read when it is opened, and again after each write. */
export function Raw({ service, index }: { service: string; index: number | null }) {
  const [open, setOpen] = useState(false);
  const [raw, setRaw] = useState<RawEntries | undefined>();
  const [failed, setFailed] = useState('');
  useEffect(() => {
    if (!open) return;
    let gone = false;
    read<RawEntries>(`${pathOf(service)}/entries`).then(
      (next) => {
        if (gone) return;
        setRaw(next);
        setFailed('');
      },
      (error: ApiError) => void (gone || setFailed(error.message)),
    );
    return () => {
      gone = true;
    };
  }, [open, service, index]);
  const parts = raw === undefined ? [] : [...Object.entries(raw.entries), ['discovery chain', raw.chain] as const];
  return html`<section aria-labelledby="raw"><h2 id="raw">Raw</h2>
    <details class="raw" onToggle=${(event: Event) => setOpen((event.currentTarget as HTMLDetailsElement).open)}>
      <summary>What Consul holds: entries and compiled chain</summary>
      ${failed !== '' && html`<p role="alert" class="trouble">${failed}</p>`}
      ${parts.map(([name, part]) =>
        part === null
          ? html`<p key=${name}><b>${name}</b> <span class="muted">${name === 'discovery chain' ? 'could not be read' : 'there is none'}</span></p>`
          : html`<details key=${name}><summary>${name}</summary><pre>${JSON.stringify(part, null, 2)}</pre></details>`,
      )}
      <p class="muted">The same in a terminal: <code>splitter export ${service} --format json</code></p>
    </details></section>`;
}
