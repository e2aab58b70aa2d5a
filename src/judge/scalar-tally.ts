import { addTrouble, decodeTrouble, encodeTrouble, type Trouble } from './trouble.js';

/** What is known of a scalar signal since its rollout began. */
export interface ScalarTally {
  readonly kind: 'scalar';
  /** Measurements that gave a number: in all, and since the present step began. */
  readonly samples: number;
  readonly inStep: number;
  /** Numbers outside the bounds: in all, and in a row at the end. */
  readonly outside: number;
  readonly streak: number;
  readonly value: number | null;
  /** For good: a tally that failed once stays so. */
  readonly failed: boolean;
  readonly trouble?: Trouble;
  readonly at: number;
}

/** Nothing measured yet. */
export function beginScalarTally(at: number): ScalarTally {
  return { kind: 'scalar', samples: 0, inStep: 0, outside: 0, streak: 0, value: null, failed: false, at };
}

/** The tally with one more number, `ok` when it is within the bounds. */
export function addNumber(tally: ScalarTally, value: number, ok: boolean, at: number): ScalarTally {
  const { trouble: _, ...clear } = tally;
  return {
    ...clear,
    samples: tally.samples + 1,
    inStep: tally.inStep + 1,
    outside: tally.outside + (ok ? 0 : 1),
    streak: ok ? 0 : tally.streak + 1,
    value,
    at,
  };
}

/** The tally after a reading that gave no number. */
export function addNothing(tally: ScalarTally, kind: Trouble['kind'], why: string, at: number): ScalarTally {
  return { ...tally, trouble: addTrouble(tally.trouble, kind, why), at };
}

/** The tally at the beginning of a step: failures stay. */
export function startScalarStep(tally: ScalarTally): ScalarTally {
  return { ...tally, inStep: 0 };
}

/** Compact form: an array. */
export function encodeScalarTally(tally: ScalarTally): readonly unknown[] {
  return ['s', tally.samples, tally.inStep, tally.outside, tally.streak, tally.value, tally.failed ? 1 : 0, encodeTrouble(tally.trouble), tally.at];
}

/** The tally of such an array; undefined when it is broken. */
export function decodeScalarTally(entry: readonly unknown[]): ScalarTally | undefined {
  const [, samples, inStep, outside, streak, value, failed, trouble, at] = entry;
  const counts = [samples, inStep, outside, streak, failed, trouble, at];
  if (entry.length !== 9 || !counts.every((count) => typeof count === 'number' && Number.isFinite(count))) return undefined;
  if (value !== null && (typeof value !== 'number' || !Number.isFinite(value))) return undefined;
  const [all, step, out, row, failedCode, troubleCode, when] = counts as [number, number, number, number, number, number, number];
  const cause = decodeTrouble(troubleCode);
  return { kind: 'scalar', samples: all, inStep: step, outside: out, streak: row, value, failed: failedCode === 1, ...(cause && { trouble: cause }), at: when };
}
