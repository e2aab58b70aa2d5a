import type { Counts } from '../core/verdict.js';
import { NOTHING } from './counts.js';
import { type Evidence, enterStep, evidenceAt } from './evidence.js';
import { packMasses, unpackMasses } from './fixed-point.js';
import { beginSignTest, SIGN_TEST_SIZE, signTestClock } from './sign-test.js';
import { decodeTrouble, encodeTrouble, type Trouble } from './trouble.js';

/** What is known of a comparison of samples since its rollout began; bounded, to live in Consul's Meta. */
export interface SampleTally {
  readonly kind: 'samples';
  /** Measurements that gave both numbers, ties among them. */
  readonly samples: number;
  /** Pairs without ties, `bad` when canary was worse. */
  readonly compared: Counts;
  /** Those since canary last looked no worse than stable. */
  readonly recent: Counts;
  readonly inStep: number;
  readonly canary: number | null;
  readonly stable: number | null;
  readonly test: Evidence;
  readonly failed: boolean;
  readonly trouble: Trouble | null;
  readonly at: number;
}

/** Nothing measured yet. */
export function beginSampleTally(at: number): SampleTally {
  return {
    kind: 'samples',
    samples: 0,
    compared: NOTHING,
    recent: NOTHING,
    inStep: 0,
    canary: null,
    stable: null,
    test: beginSignTest(),
    failed: false,
    trouble: null,
    at,
  };
}

/** The tally at the beginning of a step: it wants a measurement anew, the evidence stays. */
export function startSampleStep(tally: SampleTally): SampleTally {
  return { ...tally, inStep: 0, test: enterStep(tally.test) };
}

/** Compact form for the record: numbers and packed wealths; the last two values with as many digits as are ever shown, and two more. */
export function encodeSampleTally(tally: SampleTally): readonly unknown[] {
  const { samples, compared, recent, inStep, canary, stable, test, failed, trouble, at } = tally;
  const counted = [samples, compared.bad, compared.total, recent.bad, recent.total, inStep, test.steps];
  return [
    'p',
    ...counted,
    failed ? 1 : 0,
    encodeTrouble(trouble),
    trouble?.gap ?? 0,
    at,
    shorten(canary),
    shorten(stable),
    packMasses(test.mass),
  ];
}

/** The tally of such an array; undefined when it is broken. */
export function decodeSampleTally(entry: readonly unknown[]): SampleTally | undefined {
  const numbers = entry.slice(1, 12);
  const [canary, stable, packed] = entry.slice(12);
  if (entry.length !== 15 || !numbers.every((n): n is number => typeof n === 'number' && Number.isFinite(n))) return undefined;
  if (!isNumberOrNull(canary) || !isNumberOrNull(stable) || typeof packed !== 'string') return undefined;
  const [samples, bad, total, lately, latest, inStep, steps, failed, trouble, gap, at] = numbers as Eleven;
  const mass = unpackMasses(packed, SIGN_TEST_SIZE);
  const sound = bad >= 0 && bad <= total && lately >= 0 && lately <= latest && latest <= total && total <= samples && steps >= 0;
  if (mass === undefined || !sound) return undefined;
  return {
    kind: 'samples',
    samples,
    compared: { bad, total },
    recent: { bad: lately, total: latest },
    inStep,
    canary,
    stable,
    test: evidenceAt(mass, signTestClock(total), steps),
    failed: failed === 1,
    trouble: decodeTrouble(trouble, gap),
    at,
  };
}

type Eleven = [number, number, number, number, number, number, number, number, number, number, number];

function shorten(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}

function isNumberOrNull(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}
