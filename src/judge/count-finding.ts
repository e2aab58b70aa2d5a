import { formatDuration } from '../core/duration.js';
import type { EnvoySignal } from '../core/plan.js';
import type { Finding, Verdict } from '../core/verdict.js';
import { failingLine, suspiciousLine } from './alpha.js';
import { upperShare } from './confidence.js';
import { allowedShare, isStableWorse, modeOf, weigh } from './count-signal.js';
import { canaryInStep, type CountTally } from './count-tally.js';
import { shareOf } from './counts.js';
import { formatBound, formatCount, formatShare, formatStrength, plural } from './text.js';

/** Scrapes come ten times a second: so many failed ones in a row are three seconds. */
const ERROR_LIMIT = 30;
/** How sure the sentence about the upper end is. */
const CONFIDENCE = 0.99;

/** What this tally says now, with a sentence that has the numbers. */
export function findCounts(signal: EnvoySignal, tally: CountTally | undefined, alpha: number): Omit<Finding, 'query'> {
  const bound = modeOf(signal) === 'bound' ? `<= ${formatBound(signal.max ?? 0)}` : `stable + ${formatBound(signal.margin ?? 0)}`;
  const base = { name: signal.name, source: signal.source, bound };
  if (tally === undefined) return { ...base, verdict: 'Inconclusive', value: null, samples: 0, failed: 0, at: 0, message: 'not measured yet' };
  const inStep = canaryInStep(tally);
  const shown = tally.failed ? (tally.recent.total > 0 ? tally.recent : tally.canary) : inStep;
  const evidence = weigh(tally);
  const stableWorse = isStableWorse(tally, evidence, alpha);
  const { verdict, message } = judgeTally(signal, tally, alpha, stableWorse);
  return { ...base, verdict, value: shown.total === 0 ? null : formatShare(shareOf(shown)), samples: shown.total, failed: shown.bad, at: tally.at, message, ...(stableWorse ? { stableWorse } : {}) };
}

function judgeTally(signal: EnvoySignal, tally: CountTally, alpha: number, stableWorse: boolean): { readonly verdict: Verdict; readonly message: string } {
  const evidence = weigh(tally);
  const inStep = canaryInStep(tally);
  const against = `the bound is ${formatBound(allowedShare(signal, tally.stable))}${modeOf(signal) === 'compare' ? ` (stable has ${formatShare(shareOf(tally.stable))} of ${formatCount(tally.stable.total)})` : ''}`;
  const strength = `evidence ${formatStrength(evidence.harm)} of the ${formatCount(failingLine(alpha))} needed`;
  if (tally.failed) {
    const late = tally.recent.total > 0 && tally.recent.total < tally.canary.total;
    const counts = tally.recent.total > 0 ? tally.recent : tally.canary;
    return { verdict: 'Failed', message: `${formatShare(shareOf(counts))} of ${late ? `the last ${plural(counts.total, 'request')}` : plural(counts.total, 'request')} ${badWord(signal)}: ${formatCount(counts.bad)}; ${against} (${strength})` };
  }
  const { trouble } = tally;
  if (trouble?.kind === 'error' && trouble.streak > ERROR_LIMIT) return { verdict: 'Error', message: `could not be measured: ${trouble.why}` };
  if (trouble !== undefined) return { verdict: 'Inconclusive', message: trouble.why };
  if (stableWorse) return { verdict: 'Inconclusive', message: `${formatShare(shareOf(tally.stable))} of ${plural(tally.stable.total, 'request')} to stable ${badWord(signal)}, ${formatShare(shareOf(tally.canary))} of ${formatCount(tally.canary.total)} to canary: the trouble is not canary's` };
  if (inStep.total === 0) return { verdict: 'Inconclusive', message: 'no request has reached canary in this step' };
  const seen = `${formatShare(shareOf(inStep))} of ${plural(inStep.total, 'request')} ${badWord(signal)}; ${against}`;
  if (evidence.harm >= suspiciousLine(alpha)) return { verdict: 'Inconclusive', message: `${seen}; it looks bad (${strength})` };
  return { verdict: 'Successful', message: `${seen}; ${Math.round(CONFIDENCE * 100)}% sure that it is below ${formatShare(upperShare(inStep, CONFIDENCE))}` };
}

function badWord(signal: EnvoySignal): string {
  return signal.metric === 'errors' ? 'failed' : `took over ${formatDuration(signal.over ?? 0)}`;
}
