import { setImmediate as breathe } from 'node:timers/promises';
import type { RolloutSnapshot } from '../controller/snapshot.js';
import { weightOf } from '../core/legs.js';
import type { Finding } from '../core/verdict.js';

/** Rollouts that are written before the loop may turn again: a few ms of work. */
const AT_ONCE = 250;

const FAMILIES = {
  splitter_rollout_info: 'The phase that a rollout is in, and why: 1 for the present one',
  splitter_rollout_weight: 'Weight of a subset in percent: as asked for, as Consul stores it, as sidecars measured it',
  splitter_signal_value: 'Last value of a signal in the unit of its bound: percent for shares, 1 or 0 for probes',
  splitter_signal_verdict: 'What the evidence of a signal says: 1 for the present verdict',
} as const;

type Family = keyof typeof FAMILIES;
type Lines = Readonly<Record<Family, string[]>>;

/** The series of all rollouts that this controller owns, in Prometheus's text format. Lets the loop turn in between, however many they are. */
export async function renderRollouts(snapshots: readonly RolloutSnapshot[]): Promise<string> {
  const blocks = emptyLines();
  for (const [name, help] of Object.entries(FAMILIES))
    blocks[name as Family].push(`# HELP ${name} ${help}\n# TYPE ${name} gauge`);
  // A series that is there twice would cost Prometheus the whole scrape.
  const told = new Set<string>();
  for (let from = 0; from < snapshots.length; from += AT_ONCE) {
    if (from > 0) await breathe();
    const lines = emptyLines();
    for (const snapshot of snapshots.slice(from, from + AT_ONCE)) {
      if (snapshot.role !== 'owner' || told.has(snapshot.service)) continue;
      told.add(snapshot.service);
      addRollout(lines, snapshot);
    }
    for (const [name, own] of Object.entries(lines)) if (own.length > 0) blocks[name as Family].push(own.join('\n'));
  }
  return `${Object.values(blocks).flat().join('\n')}\n`;
}

function emptyLines(): Lines {
  return { splitter_rollout_info: [], splitter_rollout_weight: [], splitter_signal_value: [], splitter_signal_verdict: [] };
}

function addRollout(lines: Lines, { service, rollout, findings, stored, observed }: RolloutSnapshot): void {
  const own = `service="${escapeLabel(service)}"`;
  const { phase, reason } = rollout.state;
  lines.splitter_rollout_info.push(`splitter_rollout_info{${own},phase="${phase}",reason="${reason}"} 1`);
  const subsets = new Set([...rollout.asked, ...stored].filter((leg) => leg.service === undefined).map((leg) => leg.subset));
  for (const subset of subsets) {
    const weight = (kind: string, points: number): void => {
      const labels = `${own},subset="${escapeLabel(subset)}",kind="${kind}"`;
      lines.splitter_rollout_weight.push(`splitter_rollout_weight{${labels}} ${points / 100}`);
    };
    weight('asked', weightOf(rollout.asked, subset));
    // Unknown is no series, and never 0.
    if (stored.length > 0) weight('stored', weightOf(stored, subset));
    if (observed !== undefined) weight('observed', observed[subset] ?? 0);
  }
  for (const finding of findings) {
    const signal = `${own},signal="${escapeLabel(finding.name)}"`;
    const value = numberOf(finding);
    if (value !== undefined)
      lines.splitter_signal_value.push(`splitter_signal_value{${signal},source="${escapeLabel(finding.source)}"} ${value}`);
    lines.splitter_signal_verdict.push(`splitter_signal_verdict{${signal},verdict="${finding.verdict}"} 1`);
  }
}

/** The number in the text that people are shown; undefined where there is none. */
function numberOf({ value }: Finding): number | undefined {
  if (value === null || value === '') return undefined;
  if (value === 'passed' || value === 'failed') return value === 'passed' ? 1 : 0;
  const number = Number(value.replace(/,/g, '').replace(/%$/, ''));
  return Number.isFinite(number) ? number : undefined;
}

function escapeLabel(text: string): string {
  return /["\\\n]/.test(text) ? text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"') : text;
}
