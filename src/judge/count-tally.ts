import type { Counts } from '../core/verdict.js';
import { addCounts, NOTHING, subtractCounts } from './counts.js';
import { type Evidence, enterStep, evidenceAt, freshEvidence } from './evidence.js';
import { packMasses, unpackMasses } from './fixed-point.js';
import { decodeTrouble, encodeTrouble, type Trouble } from './trouble.js';

/** Alternatives of each test: `bound` asks whether canary and stable keep the bound and whether canary is worse, `compare` who is worse than whom. */
export const TEST_SIZES = { bound: [12, 6, 8], compare: [12, 8] } as const;

/** Requests to canary and to stable over the same time. */
export interface Sides {
  readonly canary: Counts;
  readonly stable: Counts;
}

/** No request on either side. */
export const NO_SIDES: Sides = { canary: NOTHING, stable: NOTHING };

/** Both together. */
export function addSides(a: Sides, canary: Counts, stable: Counts): Sides {
  return { canary: addCounts(a.canary, canary), stable: addCounts(a.stable, stable) };
}

/** What is known of one caller that is judged alone; `part` of what all of them may spend. Requests wait until there are some of both versions. */
export interface CallerTally {
  readonly part: number;
  readonly tally: CountTally;
  readonly waiting: Sides;
}

/** Callers that are judged alone. The record keeps what may still be spent and the culprit, so that no restart spends it twice; the others begin anew. */
export interface CallerTallies {
  /** The wealth of the whole when it was divided, at most 1. */
  readonly pot: number;
  /** In how many looks callers were met. */
  readonly batches: number;
  readonly known: ReadonlyMap<string, CallerTally>;
  /** The one that canary has failed. */
  readonly culprit?: string;
}

/** What is known of a count signal since its rollout began; small enough to live in Consul's Meta. */
export interface CountTally {
  readonly kind: 'counts';
  readonly mode: keyof typeof TEST_SIZES;
  readonly canary: Counts;
  readonly stable: Counts;
  /** What had been seen when the present step began. */
  readonly before: Sides;
  /** Requests since canary last looked healthy, which is when a CUSUM of its own was last at rest; and that CUSUM. */
  readonly recent: Sides;
  readonly drift: number;
  /** Requests that wait for a partner on the other side before they can be compared. */
  readonly pending: Sides;
  readonly tests: readonly Evidence[];
  /** For good: a tally that failed once stays so, with the numbers that it failed by. */
  readonly failed: boolean;
  readonly trouble: Trouble | null;
  readonly at: number;
  /** How much of canary's requests was seen, as the last reading said it; not kept, the next reading says it again. */
  readonly sight?: string | undefined;
  /** Callers by themselves; absent until one of several has met a failure of canary. */
  readonly callers?: CallerTallies;
}

/** Nothing seen yet. */
export function beginCountTally(mode: CountTally['mode'], at: number): CountTally {
  const tests = TEST_SIZES[mode].map((size) => freshEvidence(size));
  return {
    kind: 'counts',
    mode,
    ...NO_SIDES,
    before: NO_SIDES,
    recent: NO_SIDES,
    drift: 0,
    pending: NO_SIDES,
    tests,
    failed: false,
    trouble: null,
    at,
  };
}

/** The tally at the beginning of a step: its counters begin anew, the evidence stays. */
export function startCountStep(tally: CountTally): CountTally {
  const { callers } = tally;
  const known = [...(callers?.known ?? [])].map(([name, one]) => [name, { ...one, tally: startCountStep(one.tally) }] as const);
  return {
    ...tally,
    before: { canary: tally.canary, stable: tally.stable },
    tests: tally.tests.map(enterStep),
    ...(callers === undefined ? {} : { callers: { ...callers, known: new Map(known) } }),
  };
}

/** Requests to both sides since the present step began. */
export function inStep(tally: CountTally): Sides {
  return { canary: subtractCounts(tally.canary, tally.before.canary), stable: subtractCounts(tally.stable, tally.before.stable) };
}

/** Compact form: an array of numbers and packed wealths; about 190 characters. */
export function encodeCountTally(tally: CountTally): readonly unknown[] {
  const counted = [tally.canary, tally.stable, tally.before.canary, tally.before.stable];
  const open = [tally.recent.canary, tally.recent.stable, tally.pending.canary, tally.pending.stable];
  return [
    tally.mode === 'bound' ? 'b' : 'c',
    ...[...counted, ...open].flatMap((counts) => [counts.bad, counts.total]),
    Math.round(tally.drift * 1_000) / 1_000,
    tally.tests[0]!.steps,
    tally.failed ? 1 : 0,
    encodeTrouble(tally.trouble),
    tally.at,
    ...tally.tests.map((test) => packMasses(test.mass)),
    ...(tally.callers === undefined ? [] : [encodeCallers(tally.callers)]),
  ];
}

/** The pot is cut, never rounded up: what was not there must not be spent. */
function encodeCallers({ pot, batches, known, culprit }: CallerTallies): readonly unknown[] {
  const one = culprit === undefined ? undefined : known.get(culprit);
  const told = one === undefined ? [] : [culprit, one.part, encodeCountTally(one.tally)];
  return [Math.floor(pot * 10_000) / 10_000, batches, ...told];
}

/** Undefined when it is broken. */
function decodeCallers(entry: unknown): CallerTallies | undefined {
  if (!Array.isArray(entry)) return undefined;
  const [pot, batches, culprit, part, encoded] = entry as readonly unknown[];
  if (typeof pot !== 'number' || !(pot >= 0 && pot <= 1) || typeof batches !== 'number' || !(batches >= 0)) return undefined;
  const base: CallerTallies = { pot, batches, known: new Map() };
  const tally = Array.isArray(encoded) ? decodeCountTally(encoded) : undefined;
  if (typeof culprit !== 'string' || typeof part !== 'number' || tally === undefined) return base;
  return { ...base, culprit, known: new Map([[culprit, { part, tally, waiting: NO_SIDES }]]) };
}

/** The tally of such an array; undefined when it is broken. */
export function decodeCountTally(entry: readonly unknown[]): CountTally | undefined {
  const mode = entry[0] === 'b' ? 'bound' : 'compare';
  const sizes = TEST_SIZES[mode];
  const numbers = entry.slice(1, 22);
  const packed = entry.slice(22, 22 + sizes.length);
  const [own, ...more] = entry.slice(22 + sizes.length);
  const callers = own === undefined ? undefined : decodeCallers(own);
  const broken = more.length > 0 || (own !== undefined && callers === undefined);
  if (broken || packed.length !== sizes.length || !areNumbers(numbers)) return undefined;
  const [canary, stable, canaryBefore, stableBefore, canaryRecent, stableRecent, canaryPending, stablePending] = pairs(
    numbers.slice(0, 16) as readonly number[],
  );
  const [drift, steps, failed, trouble, at] = numbers.slice(16) as [number, number, number, number, number];
  if (
    !isSound([canary!, stable!, canaryBefore!, stableBefore!, canaryRecent!, stableRecent!, canaryPending!, stablePending!]) ||
    steps < 0
  )
    return undefined;
  const masses = sizes.map((size, i) => (typeof packed[i] === 'string' ? unpackMasses(packed[i], size) : undefined));
  const seen = seenBy(mode, canary!, stable!, canaryPending!, stablePending!);
  const tests = masses.flatMap((mass, i) => (mass === undefined ? [] : [evidenceAt(mass, seen[i]!, steps)]));
  if (tests.length !== sizes.length) return undefined;
  return {
    kind: 'counts',
    mode,
    canary: canary!,
    stable: stable!,
    before: { canary: canaryBefore!, stable: stableBefore! },
    recent: { canary: canaryRecent!, stable: stableRecent! },
    drift,
    pending: { canary: canaryPending!, stable: stablePending! },
    tests,
    failed: failed === 1,
    trouble: decodeTrouble(trouble),
    at,
    ...(callers === undefined ? {} : { callers }),
  };
}

/** The clock of each test is not kept: what a test has seen follows from the totals. */
function seenBy(
  mode: CountTally['mode'],
  canary: Counts,
  stable: Counts,
  canaryPending: Counts,
  stablePending: Counts,
): readonly number[] {
  const compared = canary.total - canaryPending.total;
  return mode === 'bound' ? [canary.total, stable.total, compared] : [compared, stable.total - stablePending.total];
}

function areNumbers(values: readonly unknown[]): values is readonly number[] {
  return values.length === 21 && values.every((value) => typeof value === 'number' && Number.isFinite(value));
}

function pairs(values: readonly number[]): readonly Counts[] {
  return Array.from({ length: values.length / 2 }, (_, i) => ({ bad: values[2 * i]!, total: values[2 * i + 1]! }));
}

function isSound(counts: readonly Counts[]): boolean {
  const [canary, stable, canaryBefore, stableBefore, canaryRecent, stableRecent, canaryPending, stablePending] = counts;
  const within = [canaryBefore!, canaryRecent!, canaryPending!].every((c) => c.total <= canary!.total);
  const stableWithin = [stableBefore!, stableRecent!, stablePending!].every((c) => c.total <= stable!.total);
  return within && stableWithin && counts.every((c) => c.bad >= 0 && c.bad <= c.total);
}
