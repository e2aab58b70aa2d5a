import { useEffect, useRef, useState } from 'preact/hooks';
import { renew } from '../../api/renew.js';
import type { Histories, RolloutDetail, RolloutRow } from '../../api/schemas.js';
import { Actions } from './actions.js';
import { type ApiError, pathOf, read } from './api.js';
import { Decisions } from './decisions.js';
import { html } from './html.js';
import { Raw } from './raw.js';
import { alarm, say } from './say.js';
import { useKeys, useNow, useShell } from './shell.js';
import { Signals } from './signals.js';
import { Steps } from './steps.js';
import { type Sample, Traffic } from './traffic.js';
import { clock, PHASES, percent, span, stepOf, versionOf } from './words.js';

/** What is read again after a change waits so long for the next change, ms. */
const CALM = 300;
const LOGGED = 2_000;
const KEPT_SAMPLES = 3_600;

/** The decisions of the last rollout, oldest first. */
export type Entries = Histories['rollouts'][number]['entries'];

/** One rollout, from its verdict down to its log. */
export function RolloutPage({ service }: { service: string }) {
  const { listen, self } = useShell();
  const [detail, setDetail] = useState<RolloutDetail | undefined>();
  const [entries, setEntries] = useState<Entries>([]);
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  const [tablesOn, setTables] = useState(false);
  const [failed, setFailed] = useState<ApiError | undefined>();
  const load = useRef<() => void>(() => undefined);
  useEffect(() => {
    let [gone, timer]: [boolean, ReturnType<typeof setTimeout> | undefined] = [false, undefined];
    let later: ReturnType<typeof setTimeout> | undefined;
    let index: number | null | undefined;
    const readAll = async (): Promise<void> => {
      timer = undefined;
      try {
        const next = await read<RolloutDetail>(pathOf(service));
        const log = await read<Histories>(`${pathOf(service)}/history`).catch(() => undefined);
        if (gone) return;
        index = next.modifyIndex;
        setDetail(next);
        setEntries(log?.rollouts.at(-1)?.entries ?? []);
        setFailed(undefined);
      } catch (error) {
        if (!gone) setFailed(error as ApiError);
      }
    };
    load.current = () => {
      timer ??= setTimeout(readAll, CALM);
      // The log is written after the record.
      clearTimeout(later);
      later = setTimeout(readAll, LOGGED);
    };
    void readAll();
    const off = listen(({ event, data }) => {
      if (event === 'hello' || event === 'reset' || event === 'gone' || event === 'decision') load.current();
      if (event !== 'rollout' || (data as RolloutRow).service !== service) return;
      const row = data as RolloutRow;
      if (row.modifyIndex !== index) load.current();
      setDetail((old) => old && renew(old, row));
      const { observed } = row.canary?.weight ?? { observed: null };
      setSamples((old) => [
        ...old.slice(1 - KEPT_SAMPLES),
        { at: Date.now(), observed, stored: row.canary?.weight.stored ?? null, signals: row.signals },
      ]);
    });
    return () => {
      gone = true;
      clearTimeout(timer);
      clearTimeout(later);
      off();
    };
  }, [service, self]);
  useNews(detail);
  const tables = { on: tablesOn, toggle: () => setTables((on) => !on) };
  useKeys({ t: tables.toggle });
  if (detail === undefined)
    return html`<main><p><a href="#/">All rollouts</a></p><h1>${service}</h1>
      ${failed === undefined ? html`<p class="muted">Reading…</p>` : html`<${Trouble} error=${failed} />`}</main>`;
  return html`<main class="rollout">
    <p><a href="#/">All rollouts</a></p>
    ${failed !== undefined && html`<${Trouble} error=${failed} />`}
    <${Verdict} detail=${detail} />
    <${Actions} detail=${detail} onDone=${() => load.current()} />
    <div class="columns">
      <div>
        <${Traffic} detail=${detail} entries=${entries} samples=${samples} tables=${tables} />
        <${Signals} detail=${detail} entries=${entries} samples=${samples} tables=${tables} />
      </div>
      <div>
        <${Steps} detail=${detail} />
        <${Instances} detail=${detail} />
        <${Datacenters} detail=${detail} />
      </div>
    </div>
    <${Decisions} entries=${entries} />
    <${Raw} service=${service} index=${detail.modifyIndex} />
  </main>`;
}

function Trouble({ error }: { error: ApiError }) {
  return html`<p role="alert" class="trouble">${error.message} ${error.problem?.next && html`<code>${error.problem.next}</code>`}</p>`;
}

const FINAL = ['Promoted', 'Reverted', 'Superseded'];

function Verdict({ detail }: { detail: RolloutDetail }) {
  const now = useNow();
  const { service, phase, reason, message, updatedAt, step, canary, attention, held, driver, by } = detail;
  const due = step?.wakeAt ? Date.parse(step.wakeAt) - now : undefined;
  return html`<section class=${`verdict ${attention}`} aria-labelledby="name">
    <h1 id="name">${service}</h1>
    <p class="phase"><span aria-hidden="true">${PHASES[phase ?? ''] ?? '–'}</span> <b>${phase ?? 'No rollout'}</b>
      ${canary !== null && html`<span> ${percent(canary.weight.stored)} on ${versionOf(canary)}</span>`}
      <span> ${stepOf(detail)}</span>
      ${due !== undefined && html`<span class="next"> next in ${span(due)}</span>`}</p>
    <p class="message">${message}</p>
    ${held !== undefined && html`<p class="held">Held: ${held.message}</p>`}
    <p class="muted">${reason}${updatedAt === null ? '' : ` since ${clock(updatedAt)} (${span(now - Date.parse(updatedAt))})`}${FINAL.includes(phase ?? '') ? '' : driver === null ? '; nobody drives it' : `; driven by ${driver.id}`}${by === null ? '' : `; asked for by ${by}`}</p>
  </section>`;
}

function Instances({ detail }: { detail: RolloutDetail }) {
  const legs = [detail.stable, detail.canary, ...detail.legs].filter((leg) => leg !== null);
  return html`<section aria-labelledby="instances"><h2 id="instances">Instances</h2>
    <table><thead><tr><th scope="col">subset</th><th scope="col">passing</th><th scope="col">warning</th><th scope="col">critical</th></tr></thead>
    <tbody>${legs.map(
      (leg) =>
        html`<tr><th scope="row">${versionOf(leg)}</th>${
          leg.instances === null
            ? html`<td colspan="3">unknown</td>`
            : html`<td>${leg.instances.passing}</td><td>${leg.instances.warning}</td><td>${leg.instances.critical}</td>`
        }</tr>`,
    )}</tbody></table></section>`;
}

/** Where several datacenters share the entries: who could take the traffic in each. */
function Datacenters({ detail: { datacenters, stable, canary } }: { detail: RolloutDetail }) {
  if (datacenters === undefined || stable === null || canary === null) return null;
  return html`<section aria-labelledby="datacenters"><h2 id="datacenters">Datacenters</h2>
    <table><thead><tr><th scope="col">datacenter</th><th scope="col">${versionOf(stable)}</th><th scope="col">${versionOf(canary)}</th><th scope="col">note</th></tr></thead>
    <tbody>${datacenters.map(
      (one) =>
        html`<tr><th scope="row">${one.name}</th><td>${serving(one.stable)}</td><td>${serving(one.canary)}</td><td>${one.counts ? (one.unread === null ? '' : `not known now: ${one.unread}`) : 'left out by the plan'}</td></tr>`,
    )}</tbody></table></section>`;
}

function serving({ instances }: { instances: { passing: number; warning: number } | null }): string {
  return instances === null ? 'unknown' : String(instances.passing + instances.warning);
}

/** Says aloud what changed: phase, step, verdicts, driver. Trouble interrupts. */
function useNews(detail: RolloutDetail | undefined): void {
  const told = useRef('');
  useEffect(() => {
    if (detail === undefined) return;
    const { service, phase, step, driver, attention, message, signals } = detail;
    const key = [phase, step?.index, driver?.id, signals.map(({ verdict }) => verdict)].join();
    const [before, now] = [told.current, key];
    told.current = key;
    document.title = `${phase ?? 'no rollout'}: ${service}, splitter`;
    if (before === '' || before === now) return;
    const sentence = `${service}: ${phase}, ${message}`;
    if (attention === 'person' || attention === 'reverted') alarm(sentence);
    else say(sentence);
  }, [detail]);
}
