import type { Outcome } from './load.js';

/** Answers by version of the application; Envoy's own answers and lost requests count under `none`. */
export function countByVersion(outcomes: readonly Outcome[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { version = 'none' } of outcomes) counts[version] = (counts[version] ?? 0) + 1;
  return counts;
}

/** Share of the answers that came from `version`, 0 to 1; NaN without answers. */
export function shareOf(version: string, outcomes: readonly Outcome[]): number {
  return outcomes.filter((outcome) => outcome.version === version).length / outcomes.length;
}

/** The requests that a user felt: 5xx, or no answer. */
export function failuresIn(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ status }) => status === 0 || status >= 500);
}

/** When the first and the last failing answer came, in ms since the epoch; undefined when nothing failed. */
export function failureSpan(outcomes: readonly Outcome[]): { readonly first: number; readonly last: number } | undefined {
  const times = failuresIn(outcomes).map(({ at }) => at);
  return times.length === 0 ? undefined : { first: Math.min(...times), last: Math.max(...times) };
}
