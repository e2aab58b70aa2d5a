import type { EnvoySignal } from '../core/plan.js';
import type { Counts } from '../core/verdict.js';
import { suspiciousLine } from './alpha.js';
import { lowerShare } from './confidence.js';
import { allowedShare, weigh } from './count-signal.js';
import type { CountTally, Sides } from './count-tally.js';
import { shareOf } from './counts.js';

const CONFIDENCE = 0.99;

/**
 * The requests that tell the story: those of the step (all of them in a step without any), unless the evidence is of others: where it speaks against
 * canary while those keep the bound, the most recent ones; where it has failed canary, counts that can have given that evidence.
 */
export function tellCounts(signal: EnvoySignal, tally: CountTally, step: Sides, alpha: number): Sides {
  const base = step.canary.total === 0 ? tally : step;
  const { harm } = weigh(tally);
  if (harm < suspiciousLine(alpha)) return base;
  const allowed = allowedShare(signal, tally.stable);
  const isLate = shareOf(base.canary) <= allowed && shareOf(tally.recent.canary) > allowed && tally.drift > 1;
  const usual = isLate ? tally.recent : base;
  const { max } = signal;
  if (!tally.failed || max === undefined) return usual;
  const candidates = [usual, base, tally.recent, tally];
  const most = (sides: Sides): number => mostEvidence(sides.canary, max);
  return candidates.find((sides) => most(sides) >= Math.log(harm)) ?? candidates.reduce((a, b) => (most(b) > most(a) ? b : a));
}

/** Whether these requests alone can have given the evidence; else a stretch of them has, that nobody keeps the counts of. */
export function canGive({ max }: EnvoySignal, { canary }: Sides, harm: number): boolean {
  return max === undefined || mostEvidence(canary, max) >= Math.log(harm);
}

/** Whether what these requests show is above the bound. Where canary may not be worse than stable at all, chance alone puts it above half of the time: there it has to be beyond chance. */
export function isAbove(signal: EnvoySignal, tally: CountTally, { canary, stable }: Sides): boolean {
  const allowed = allowedNow(signal, tally, stable);
  if (shareOf(canary) <= allowed) return false;
  return signal.max !== undefined || (signal.margin ?? 0) > 0 || lowerShare(canary, CONFIDENCE) > allowed;
}

/** The share that canary must keep, by what stable showed beside it or, where it had no request meanwhile, in the whole rollout. */
function allowedNow(signal: EnvoySignal, tally: CountTally, stable: Counts): number {
  return allowedShare(signal, stable.total === 0 ? tally.stable : stable);
}

/** The logarithm of the most evidence against a bound that such counts can give: that of their own share against the bound. */
function mostEvidence(counts: Counts, bound: number): number {
  const share = shareOf(counts);
  const base = Math.min(1 - 1e-9, Math.max(1e-9, bound));
  if (share <= base) return 0;
  const good = counts.total - counts.bad;
  return counts.bad * Math.log(share / base) + (good === 0 ? 0 : good * Math.log((1 - share) / (1 - base)));
}
