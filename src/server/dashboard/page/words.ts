import { versionOf as versionIn } from '../../../core/versions.js';
import type { Attention } from '../../api/kinds.js';
import type { RolloutRow } from '../../api/schemas.js';

/** A sign and a word for each state: colour only repeats them. */
export const PHASES: Readonly<Record<string, string>> = {
  Pending: '◌',
  Progressing: '▶',
  Paused: '❚❚',
  Baking: '◔',
  Promoting: '▲',
  Promoted: '✔',
  Reverting: '◀',
  Reverted: '✖',
  Superseded: '↷',
};

/** What the counters are called. */
export const ATTENTIONS: Readonly<Record<Attention, string>> = {
  person: 'Needs a person',
  reverted: 'Reverted lately',
  no_data: 'No data',
  progressing: 'Progressing',
  baking: 'Baking',
  idle: 'Idle',
};

/** A weight as people read it; unknown is said, and never 0. */
export function percent(weight: number | null | undefined): string {
  return weight === null || weight === undefined ? 'unknown' : `${Math.round(weight * 100) / 100}%`;
}

/** A time span in its two largest units. */
export function span(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1_000));
  if (s < 60) return `${s}s`;
  if (s < 3_600) return `${Math.floor(s / 60)}m${s % 60 === 0 ? '' : `${s % 60}s`}`;
  if (s < 86_400) return `${Math.floor(s / 3_600)}h${Math.floor((s % 3_600) / 60)}m`;
  return `${Math.floor(s / 86_400)}d${Math.floor((s % 86_400) / 3_600)}h`;
}

/** A moment by the viewer's clock, with its date when that is not today. */
export function clock(time: string | number | null | undefined): string {
  if (time === null || time === undefined) return '';
  const [at, now] = [new Date(time), new Date()];
  if (at.toDateString() === now.toDateString()) return timeOfDay(at);
  const year = at.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const };
  return `${at.toLocaleDateString([], { ...year, month: 'short', day: 'numeric' })}, ${timeOfDay(at)}`;
}

/** The time of day alone, where there is no room for more. */
export function timeOfDay(time: Date | number): string {
  return new Date(time).toLocaleTimeString([], { hourCycle: 'h23' });
}

/** The step in words: `step 3 of 7, pause`. */
export function stepOf({ step, phase }: RolloutRow): string {
  if (step === null) return '';
  if (step.kind === 'bake' || (step.of !== null && step.index >= step.of)) return phase === 'Baking' ? 'bake' : '';
  return `step ${step.index + 1}${step.of === null ? '' : ` of ${step.of}`}${step.kind === null ? '' : `, ${step.kind}`}`;
}

/** The signal that is nearest to trouble: failed ones first, then those that could not be measured. */
export function worstSignal({ signals }: RolloutRow): RolloutRow['signals'][number] | undefined {
  const order = ['Failed', 'Error', 'Inconclusive', 'Successful'];
  return [...signals].sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict))[0];
}

/** How a subset is told from others: its name and its version, where its filter is one. */
export function versionOf(leg: RolloutRow['stable']): string {
  if (leg === null) return '';
  if (leg.service !== undefined) return `service ${leg.service}`;
  const version = versionIn(leg.filter ?? '');
  return version === undefined ? leg.subset : `${leg.subset} “${version}”`;
}
