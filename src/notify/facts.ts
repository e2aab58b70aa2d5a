import { formatLegs } from '../core/legs.js';
import type { Evidence, Notice, Side } from '../core/notice.js';
import { formatPercent } from '../core/weights.js';
import { cutTo, oneLine } from './text.js';

/** One fact of a notice for people: what it is, and its value, neither of them escaped. */
export type Fact = readonly [name: string, value: string];

/** Longer values than this say nothing more to people. */
const FACT_LENGTH = 300;
const SIGN_LENGTH = 400;
const TOLD_SIGNS = 5;

/** What happened and why, in one line. */
export function lineOf({ title, sentence }: Pick<Notice, 'title' | 'sentence'>): string {
  return oneLine(sentence === '' ? title : `${title}: ${sentence}`);
}

/** What the signals said, one line each: value, bound and how much it rests on. */
export function signsOf({ evidence }: Notice): readonly string[] {
  return evidence.slice(0, TOLD_SIGNS).map((one) => cutTo(SIGN_LENGTH, oneLine(signOf(one))));
}

function signOf({ signal, verdict, value, bound, samples, message }: Evidence): string {
  return `${signal} ${verdict}: ${value ?? 'no value'} (bound ${bound}, ${samples} samples): ${message}`;
}

/** Where the rollout stands, who moves it, and how to find it again. */
export function factsOf(notice: Notice): readonly Fact[] {
  const { datacenter, partition, namespace, stable, canary, step, phase, reason, by, driver, index, rollout, seq } = notice;
  const place = [datacenter, partition, namespace].filter((part) => part !== undefined).join('/');
  const facts: readonly Fact[] = [
    ['Service', notice.service],
    ['Datacenter', place],
    ['Versions', `${nameOf(stable)} -> ${nameOf(canary)}`],
    ['Traffic', `${movedOf(canary)}; now ${formatLegs(notice.weights)}`],
    ['Step', stepOf(step)],
    ['Phase', `${phase} (${reason})`],
    ['By', by],
    ['Driver', driver === '' ? 'nobody' : driver],
    ['Index', index === undefined ? '' : String(index)],
    ['Rollout', `${rollout} #${seq}`],
  ];
  return facts.filter(([, value]) => value !== '').map(([name, value]) => [name, cutTo(FACT_LENGTH, oneLine(value))]);
}

/** Asked before -> asked now, and what was seen in between: canary's side of the story. */
function movedOf({ subset, had, asked, observed }: Side): string {
  const seen = observed === undefined ? 'not observed' : `observed ${formatPercent(observed)}`;
  const now = formatPercent(asked);
  return had === undefined || had === asked ? `${subset} ${now}, ${seen}` : `${subset} ${formatPercent(had)} (${seen}) -> ${now}`;
}

function nameOf({ subset, version }: Side): string {
  return version === undefined ? subset : `${subset} "${version}"`;
}

function stepOf({ index, of }: Notice['step']): string {
  if (of === undefined) return String(index + 1);
  return index >= of ? `after all ${of} steps` : `${index + 1} of ${of}`;
}

/** One name for all that is told of one rollout. */
export function threadOf(notice: Notice): string {
  return `${topicOf(notice)}/${notice.rollout}`;
}

/** One name for all that is told of one service. */
export function topicOf(notice: Notice): string {
  return ['splitter', ...pathOf(notice)].join('/');
}

/** Where a service is, from the outside in; what is not known is left out. */
export function pathOf({ datacenter, partition, namespace, service }: Notice): readonly string[] {
  return [datacenter, partition, namespace, service].filter((part) => part !== undefined).map(oneLine);
}
