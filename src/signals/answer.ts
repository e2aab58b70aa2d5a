import type { z } from 'zod';
import { REDUCTIONS, type Reduction, reduceNumbers } from '../core/reduce.js';
import type { Measurement } from '../core/verdict.js';
import type { Quote } from './ask.js';

/** The error of a measurement. */
type Failed = Extract<Measurement, { kind: 'error' }>;

/** How an API answers: what it says when it refuses, the shape of a good answer, and what is asked for in it. */
export interface JsonAnswer<T, R = Measurement> {
  readonly who: string;
  /** What to do about a status, besides what goes for all. */
  readonly hints?: Readonly<Record<number, string>>;
  /** The API's own words about what is wrong, if there are any. */
  said(answer: unknown): string | undefined;
  readonly shape: z.ZodType<T>;
  read(answer: T): R | Failed;
}

/** Reads an answer in JSON: a refusal, words of refusal, or another shape is an error that says what to do. */
export function readJson<T, R>(of: JsonAnswer<T, R>): (status: number, body: string, quote: Quote) => R | Failed {
  return (status, body, quote) => {
    const answer = parseJson(body);
    const said = of.said(answer) || undefined;
    if (status !== 200) return refuse(of, status, quote(said ?? body));
    if (said !== undefined) return fail(`${of.who} answers: ${quote(said)}; check the query`);
    const known = of.shape.safeParse(answer);
    if (known.success) return of.read(known.data);
    const what = answer === undefined ? 'no JSON' : 'not what its API answers';
    return fail(`the answer of ${of.who} is ${what}: ${quote(body)}; check the url`);
  };
}

/** The same answer, with what to do where it asks for a secret that was not sent; `kept` says why. */
export function withKept<T, R>(of: JsonAnswer<T, R>, kept: string | undefined): JsonAnswer<T, R> {
  return kept === undefined ? of : { ...of, hints: { ...of.hints, 401: kept, 403: kept } };
}

/** The error of an API that answers with a status other than 200. */
export function refuse(
  { who, hints }: { who: string; hints?: JsonAnswer<never>['hints'] },
  status: number,
  said: string,
): Failed {
  return fail(`${who} answers HTTP ${status}${said === '' ? '' : `: ${said}`}; ${hints?.[status] ?? remedyOf(status)}`);
}

/** An error of the measurement. */
export function fail(why: string): Failed {
  return { kind: 'error', why };
}

/**
 * One number of what each series gave: the only one, or what the plan's `reduce` makes of those that have one. Several without `reduce` are an error that
 * says how to make them one; `remedy` does so in the query's own language.
 */
export function reduceSeries(series: readonly Measurement[], reduction: Reduction | undefined, remedy: string): Measurement {
  const [first, ...more] = series;
  if (first === undefined) return { kind: 'none', why: 'the query returns no series' };
  if (more.length === 0) return first;
  if (reduction === undefined)
    return fail(`the query returns ${series.length} series; write reduce: max (or ${OTHERS}), or ${remedy}`);
  const broken = series.find(({ kind }) => kind === 'error');
  if (broken !== undefined) return broken;
  const numbers = series.flatMap((one) => (one.kind === 'scalar' ? [one.value] : []));
  return numbers.length === 0 ? first : { kind: 'scalar', value: reduceNumbers(reduction, numbers) };
}

const OTHERS = REDUCTIONS.filter((name) => name !== 'max').join(', ');

/** A value of an answer as a measurement: null, NaN and infinity are no data, a text that is a number counts as one. */
export function numberOf(value: unknown): Measurement {
  const text = typeof value === 'string' ? value.trim() : value;
  const missing = text === null || text === undefined || text === '' || /^[+-]?(?:nan|inf|infinity)$/i.test(String(text));
  if (missing)
    return {
      kind: 'none',
      why: `the query returns ${String(text ?? '') || 'no value'}, which is what a division by zero requests gives`,
    };
  const number = typeof text === 'string' ? Number(text) : text;
  if (typeof number !== 'number' || Number.isNaN(number)) return fail(`the query returns ${show(value)}, which is no number`);
  return { kind: 'scalar', value: number };
}

function remedyOf(status: number): string {
  if (status === 429) return 'it is asked too often: write a longer interval';
  if (status >= 500) return 'the trouble is on its side; it is asked again at the next measurement';
  if (status === 401 || status === 403) return 'check the secret that is sent';
  if (status === 400 || status === 422) return 'check the query';
  return status >= 300 && status < 400 ? 'it redirects, perhaps to a login page: check the url' : 'check the url';
}

function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : JSON.stringify(value);
}

/** The JSON of a text; undefined when it is none. */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
