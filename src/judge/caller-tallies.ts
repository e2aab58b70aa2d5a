import type { EnvoySignal } from '../core/plan.js';
import type { CallerCounts, Finding, Reading } from '../core/verdict.js';
import { failingLine, partOf } from './alpha.js';
import { findCounts } from './count-finding.js';
import { addToCountTally } from './count-signal.js';
import { addSides, beginCountTally, type CallerTallies, type CallerTally, type CountTally, NO_SIDES } from './count-tally.js';
import { strengthOf } from './evidence.js';

/** The part of a signal's alpha that single callers get, once one of them has met a failure of canary; until then the whole has all of it. */
const CALLERS_PART = 0.25;
/** So many callers are judged alone at a time: those with the most evidence. */
const MOST = 50;
/** Canary's requests in a row without one of stable that are not held against an earlier or later time of stable's. */
const APART = 50;

/** What is left of a signal's alpha for all requests together. */
export function alphaOfWhole({ callers }: Pick<CountTally, 'callers'>, alpha: number): number {
  return callers === undefined ? alpha : alpha * (1 - CALLERS_PART);
}

/**
 * The tally with what single callers met. Each is judged alone from its first failed request of canary on, by canary against stable on its own requests,
 * with the signal's margin or its bound as one: a caller that sends what fails anywhere is no fault of canary's. A fleet in which nothing fails costs nothing.
 *
 * Together with the whole they spend alpha and no more: at the first failure the wealth of the whole, E, is divided. Three quarters stay with it; the
 * callers' quarter goes to those that meet their first failure in the n-th such look as 1/(n(n+1)), evenly among these. Every part is an e-process that
 * begins at a stopping time, so their sum is one (Ville), and each reaches its line only if the sum reaches 1/alpha.
 */
export function addCallers(signal: EnvoySignal, tally: CountTally, { measurement, at }: Reading, alpha: number): CountTally {
  if (tally.failed || measurement.kind !== 'counts' || measurement.callers === undefined) return tally;
  const { callers: before } = tally;
  const known = new Map(before?.known);
  for (const news of measurement.callers) {
    const one = known.get(news.caller);
    if (before !== undefined && one !== undefined) known.set(news.caller, follow(signal, one, before, news, at, alpha));
  }
  const met = measurement.callers.filter(({ caller, canary }) => canary.bad > 0 && !known.has(caller));
  if (before === undefined && met.length === 0) return tally;
  const base = before ?? { pot: Math.min(1, strengthOf(tally.tests[0]!)), batches: 0 };
  const next = meet({ ...base, known }, met, at);
  const [culprit] = [...next.known].find(([, one]) => one.tally.failed) ?? [];
  return culprit === undefined ? { ...tally, callers: next } : { ...tally, callers: { ...next, culprit }, failed: true };
}

/**
 * The finding of the caller that canary has failed, or of the one whose evidence points most to harm: half of the way to its line, in logarithms, so that a
 * healthy canary is seldom held up by one of many. Undefined where there is none.
 */
export function findCaller(signal: EnvoySignal, { callers }: CountTally, alpha: number): Finding | undefined {
  if (callers === undefined) return undefined;
  const [caller, known] = callers.culprit === undefined ? doubtfulIn(callers, alpha) : named(callers, callers.culprit);
  if (known === undefined) return undefined;
  const finding = findCounts(aloneOf(signal), known.tally, alphaOf(callers, known, alpha));
  const { name, source, verdict, value, bound, samples, failed, at } = finding;
  return { name, source, verdict, value, bound, samples, failed, at, message: `${caller} alone: ${finding.message}` };
}

type Named = readonly [caller: string, known: CallerTally] | readonly [];

function named({ known }: CallerTallies, caller: string): Named {
  const one = known.get(caller);
  return one === undefined ? [] : [caller, one];
}

function doubtfulIn(callers: CallerTallies, alpha: number): Named {
  const doubtful = [...callers.known].filter(([, one]) => harmOf(one) >= Math.sqrt(failingLine(alphaOf(callers, one, alpha))));
  return doubtful.sort(([, a], [, b]) => harmOf(b) - harmOf(a))[0] ?? [];
}

function follow(
  signal: EnvoySignal,
  known: CallerTally,
  callers: CallerTallies,
  { canary, stable }: CallerCounts,
  at: number,
  alpha: number,
): CallerTally {
  const waiting = addSides(known.waiting, canary, stable);
  // Requests of one version alone say nothing of the other: they wait for some of both, and not for ever.
  if (waiting.canary.total === 0 || waiting.stable.total === 0)
    return { ...known, waiting: waiting.canary.total > APART ? NO_SIDES : waiting };
  const measurement = { kind: 'counts', ...waiting } as const;
  const reading = { signal: signal.name, at, query: '', raw: '', measurement };
  const tally = addToCountTally(aloneOf(signal), known.tally, reading, alphaOf(callers, known, alpha));
  return { ...known, tally, waiting: NO_SIDES };
}

function meet(callers: CallerTallies, met: readonly CallerCounts[], at: number): CallerTallies {
  if (met.length === 0) return callers;
  const batches = callers.batches + 1;
  const part = partOf(batches) / met.length;
  const fresh = met.map(({ caller }): [string, CallerTally] => [
    caller,
    { part, tally: beginCountTally('compare', at), waiting: NO_SIDES },
  ]);
  const known = [...callers.known, ...fresh];
  const weak = known.length <= MOST ? known : known.toSorted(([, a], [, b]) => harmOf(b) - harmOf(a)).slice(0, MOST);
  return { ...callers, batches, known: new Map(weak) };
}

function alphaOf({ pot }: CallerTallies, { part }: CallerTally, alpha: number): number {
  return alpha * CALLERS_PART * pot * part;
}

function harmOf({ tally }: CallerTally): number {
  return strengthOf(tally.tests[0]!);
}

const alone = new WeakMap<EnvoySignal, EnvoySignal>();

/** The signal as one caller is judged by: canary may be worse than stable by the margin, or by the bound. */
function aloneOf(signal: EnvoySignal): EnvoySignal {
  const known = alone.get(signal);
  if (known !== undefined) return known;
  const { max, ...rest } = signal;
  const made: EnvoySignal = { ...rest, margin: signal.margin ?? max ?? 0 };
  alone.set(signal, made);
  return made;
}
