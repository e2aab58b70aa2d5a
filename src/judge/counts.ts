import type { Counts } from '../core/verdict.js';

/** No request at all. */
export const NOTHING: Counts = { bad: 0, total: 0 };

/** Both together. */
export function addCounts(a: Counts, b: Counts): Counts {
  if (b.total === 0) return a;
  return a.total === 0 ? b : { bad: a.bad + b.bad, total: a.total + b.total };
}

/** What is left of `a` without `b`. */
export function subtractCounts(a: Counts, b: Counts): Counts {
  return b.total === 0 ? a : { bad: a.bad - b.bad, total: a.total - b.total };
}

/** The share of bad ones; 0 where there are none. */
export function shareOf(counts: Counts): number {
  return counts.total === 0 ? 0 : counts.bad / counts.total;
}

/** Counts that make sense: whole, not negative, and no more bad ones than there are; two counters read a moment apart may disagree a little. */
export function soundCounts(counts: Counts): Counts {
  const { bad: stated, total } = counts;
  if (Number.isSafeInteger(stated) && Number.isSafeInteger(total) && stated >= 0 && stated <= total) return counts;
  const bad = wholeOf(stated);
  return { bad, total: Math.max(bad, wholeOf(total)) };
}

function wholeOf(value: number): number {
  return Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}
