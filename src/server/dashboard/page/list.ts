import { useEffect, useRef, useState } from 'preact/hooks';
import { ATTENTION, type Attention } from '../../api/kinds.js';
import type { Counts, RolloutList, RolloutRow } from '../../api/schemas.js';
import { type ApiError, read } from './api.js';
import { WeightBar } from './bar.js';
import { html } from './html.js';
import { useKeys, useNow, useShell } from './shell.js';
import { ATTENTIONS, PHASES, percent, span, stepOf, versionOf, worstSignal } from './words.js';

/** A list that changed so much is read again, but not more often than this, ms. */
const CALM = 1_000;

/** Every rollout, those that need a person first; filter and page are in the URL. */
export function List({ query }: { query: URLSearchParams }) {
  const { listen, self } = useShell();
  const [list, setList] = useState<RolloutList | undefined>();
  const [failed, setFailed] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const wanted = query.toString();
  useEffect(() => {
    let [gone, timer, shown]: [boolean, ReturnType<typeof setTimeout> | undefined, ReadonlyMap<string, RolloutRow>] = [
      false,
      undefined,
      new Map(),
    ];
    const load = async (): Promise<void> => {
      timer = undefined;
      try {
        const next = await read<RolloutList>(`/v1/rollouts?${wanted}`);
        if (gone) return;
        shown = new Map(next.items.map((row) => [row.service, row]));
        setList(next);
        setFailed('');
      } catch (error) {
        if (!gone) setFailed((error as ApiError).message);
      }
    };
    const soon = (): void => {
      timer ??= setTimeout(load, CALM);
    };
    void load();
    const off = listen(({ event, data }) => {
      if (event === 'hello' || event === 'reset') void load();
      if (event === 'counts' || event === 'gone') soon();
      if (event !== 'rollout') return;
      const row = data as RolloutRow;
      if (shown.get(row.service)?.attention !== row.attention) return soon();
      setList((old) => old && { ...old, items: old.items.map((one) => (one.service === row.service ? row : one)) });
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      off();
    };
  }, [wanted, self]);
  const move = (by: number): void => {
    const links = [...document.querySelectorAll<HTMLAnchorElement>('.rows a')];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    links[Math.min(links.length - 1, Math.max(0, at + by))]?.focus();
  };
  useKeys({ '/': () => field.current?.focus(), j: () => move(1), k: () => move(-1) });
  const go = (change: Record<string, string | undefined>): void => {
    location.hash = hashOf(query, change);
  };
  return html`<main>
    <h1 class="unseen">Rollouts</h1>
    <nav class="counters" aria-label="Filter by need">
      ${[undefined, ...ATTENTION].map((name) => html`<${Counter} name=${name} query=${query} counts=${list?.counts} />`)}
    </nav>
    <form class="filter" role="search" onSubmit=${(event: Event) => event.preventDefault()}>
      <label>Service begins with
        <input ref=${field} type="search" value=${query.get('prefix') ?? ''}
          onInput=${(event: InputEvent) => go({ prefix: (event.target as HTMLInputElement).value || undefined })} />
      </label>
    </form>
    ${failed !== '' && html`<p role="alert" class="trouble">${failed}</p>`}
    <${Rows} list=${list} filtered=${wanted !== ''} />
    <p class="pages">
      ${query.has('next_token') && html`<a href=${`#${hashOf(query, {})}`}>First page</a>`}
      ${list?.next_token && html`<a href=${`#${hashOf(query, { next_token: list.next_token })}`}>Next page</a>`}
    </p>
  </main>`;
}

function Counter({ name, query, counts }: { name: Attention | undefined; query: URLSearchParams; counts: Counts | undefined }) {
  const on = (query.get('attention') ?? undefined) === name;
  return html`<a href=${`#${hashOf(query, { attention: name })}`} class=${`counter ${name ?? 'all'}`} aria-current=${on ? 'true' : undefined}>
    ${name === undefined ? 'All' : ATTENTIONS[name]} <b>${counts?.[name ?? 'all'] ?? '…'}</b>
  </a>`;
}

/** The same filter with a change; pages begin anew. */
function hashOf(query: URLSearchParams, change: Readonly<Record<string, string | undefined>>): string {
  const next = new URLSearchParams(query);
  next.delete('next_token');
  for (const [key, value] of Object.entries(change)) {
    if (value === undefined) next.delete(key);
    else next.set(key, value);
  }
  return `/?${next}`;
}

function Rows({ list, filtered }: { list: RolloutList | undefined; filtered: boolean }) {
  const now = useNow();
  if (list === undefined) return html`<p class="muted">Reading…</p>`;
  if (list.items.length === 0)
    return filtered
      ? html`<p class="muted">Nothing here.</p>`
      : html`<p class="muted">No rollout yet. In a terminal: <code>splitter ramp SERVICE --to 10</code></p>`;
  return html`<ol class="rows">${list.items.map((row) => html`<${Row} key=${row.service} row=${row} now=${now} />`)}</ol>`;
}

function Row({ row, now }: { row: RolloutRow; now: number }) {
  const { service, phase, attention, stable, canary, step, driver, by, message } = row;
  const worst = worstSignal(row);
  const due = step?.wakeAt ? Date.parse(step.wakeAt) - now : undefined;
  return html`<li class=${attention}>
    <span class="state">${PHASES[phase ?? ''] ?? '–'} ${phase ?? 'No rollout'}</span>
    <a href=${`#/rollouts/${encodeURIComponent(service)}`}>${service}</a>
    <span class="versions">${stable === null ? '' : `${versionOf(stable)} → ${versionOf(canary)}`}</span>
    <${WeightBar} row=${row} />
    <span class="share">${canary === null ? '' : percent(canary.weight.stored)}</span>
    <span class="step">${stepOf(row)}${due === undefined ? '' : `, next in ${span(due)}`}</span>
    <span class="worst">${worst === undefined ? '' : `${worst.name} ${worst.value ?? 'no data'} (${worst.bound})`}</span>
    <span class="muted by">${[driver?.id, by].filter(Boolean).join(', for ')}</span>
    <span class="message">${attention === 'person' || attention === 'reverted' || attention === 'no_data' ? message : ''}</span>
  </li>`;
}
