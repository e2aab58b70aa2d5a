import { type CountTally, decodeCountTally, encodeCountTally, startCountStep } from './count-tally.js';
import { decodeScalarTally, encodeScalarTally, type ScalarTally, startScalarStep } from './scalar-tally.js';

/** All that is known of one signal since its rollout began. */
export type SignalTally = CountTally | ScalarTally;

/** The evidence of a rollout, by signal name. */
export type Tally = Readonly<Record<string, SignalTally>>;

/** The tally as compact JSON, the same text for the same tally; empty when nothing was measured. */
export function encodeTally(tally: Tally): string {
  const names = Object.keys(tally).sort();
  if (names.length === 0) return '';
  return JSON.stringify(Object.fromEntries(names.map((name) => [name, encodeOne(tally[name]!)])));
}

/** The tally of such a text; entries that are broken or unknown are dropped, so that their signals begin anew. */
export function decodeTally(text: string): Tally {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const known = Object.entries(parsed).flatMap(([name, entry]: [string, unknown]) => {
    const tally = Array.isArray(entry) ? decodeOne(entry) : undefined;
    return tally === undefined ? [] : [[name, tally] as const];
  });
  return Object.fromEntries(known);
}

/** The tally at the beginning of a step: what is counted per step begins anew, failures and evidence stay. */
export function startStep(tally: Tally): Tally {
  return Object.fromEntries(Object.entries(tally).map(([name, one]) => [name, one.kind === 'counts' ? startCountStep(one) : startScalarStep(one)]));
}

/** Bad requests and measurements outside their bounds, over all signals since the rollout began. */
export function countFailures(tally: Tally): number {
  return Object.values(tally).reduce((sum, one) => sum + (one.kind === 'counts' ? one.canary.bad : one.outside), 0);
}

function encodeOne(tally: SignalTally): readonly unknown[] {
  return tally.kind === 'counts' ? encodeCountTally(tally) : encodeScalarTally(tally);
}

function decodeOne(entry: readonly unknown[]): SignalTally | undefined {
  return entry[0] === 's' ? decodeScalarTally(entry) : decodeCountTally(entry);
}
