import { decodeTrouble, encodeTrouble, type Trouble } from './trouble.js';

/** What is known of a scalar signal since its rollout began: measurements that gave a number, and how many of them broke the bound. */
export interface ScalarTally {
  readonly kind: 'scalar';
  readonly samples: number;
  readonly misses: number;
  /** Measurements in a row that broke the bound, up to the last. */
  readonly streak: number;
  readonly inStep: number;
  readonly value: number | null;
  readonly failed: boolean;
  readonly trouble: Trouble | null;
  readonly at: number;
}

/** Nothing measured yet. */
export function beginScalarTally(at: number): ScalarTally {
  return { kind: 'scalar', samples: 0, misses: 0, streak: 0, inStep: 0, value: null, failed: false, trouble: null, at };
}

/** Compact form for the record. */
export function encodeScalarTally(tally: ScalarTally): readonly unknown[] {
  const { samples, misses, streak, inStep, value, failed, trouble, at } = tally;
  return ['s', samples, misses, streak, inStep, value, failed ? 1 : 0, encodeTrouble(trouble), at, trouble?.gap ?? 0];
}

/** The tally of such an array; undefined when it is broken. */
export function decodeScalarTally(entry: readonly unknown[]): ScalarTally | undefined {
  const [, samples, misses, streak, inStep, value, failed, trouble, at, gap] = entry;
  const counted = [samples, misses, streak, inStep, failed, trouble, at, gap];
  if (entry.length !== 10 || !counted.every((n) => typeof n === 'number' && Number.isFinite(n))) return undefined;
  if (value !== null && typeof value !== 'number') return undefined;
  const [total, missed, row, step, flag, code, time, without] = counted as readonly number[];
  return {
    kind: 'scalar',
    samples: total!,
    misses: missed!,
    streak: row!,
    inStep: step!,
    value,
    failed: flag === 1,
    trouble: decodeTrouble(code!, without!),
    at: time!,
  };
}
