import type { Measurement } from '../core/verdict.js';

interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly resultType?: string; readonly result?: unknown };
}
type Sample = readonly [time: number, value: string];

/** The one number in the answer to an instant query; no series or NaN is no data; several series are an error. */
export function parsePromAnswer(status: number, body: string): Measurement {
  const answer = parse(body);
  if (status !== 200 || answer?.status !== 'success') return error(sayRefusal(status, body, answer));
  const { resultType, result } = answer.data ?? {};
  if (resultType === 'scalar') return numberOf(result as Sample);
  if (resultType !== 'vector' || !Array.isArray(result))
    return error(
      `the query returns a ${resultType ?? 'thing without type'}; make it an instant vector, for example with rate(…)`,
    );
  if (result.length === 0) return { kind: 'none', why: 'the query returns no series' };
  if (result.length > 1) return error(`the query returns ${result.length} series; reduce it to one, for example with sum(…)`);
  return numberOf((result[0] as { readonly value?: Sample }).value);
}

/** One series of a range: its labels, and its samples as Prometheus writes them (seconds, text). */
export interface RangeSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly Sample[];
}

/** The series in the answer to a range query; an error says what Prometheus said. */
export function parseRangeAnswer(status: number, body: string): readonly RangeSeries[] | Error {
  const answer = parse(body);
  if (status !== 200 || answer?.status !== 'success') return new Error(sayRefusal(status, body, answer));
  const { resultType, result } = answer.data ?? {};
  if (resultType !== 'matrix' || !Array.isArray(result))
    return new Error(`the answer to a range query holds a ${resultType ?? 'thing without type'} instead of a matrix`);
  return result as readonly RangeSeries[];
}

function sayRefusal(status: number, body: string, answer: { readonly error?: string } | undefined): string {
  const said = answer?.error ?? body.trim().slice(0, 200);
  return `Prometheus answers HTTP ${status}${said === '' ? '' : `: ${said}`}${HINTS[status] ?? ''}`;
}

const HINTS: Readonly<Record<number, string>> = {
  401: '; set PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE',
  403: '; the token may not query',
  404: '; check the address: /api/v1/query is added to it',
};

function numberOf(sample: Sample | undefined): Measurement {
  const text = sample?.[1];
  const value = Number(text);
  if (text === undefined || !Number.isFinite(value))
    return { kind: 'none', why: `the query returns ${text ?? 'no value'}, which is what a division by zero requests gives` };
  return { kind: 'scalar', value };
}

function parse(body: string): Answer | undefined {
  try {
    return JSON.parse(body) as Answer;
  } catch {
    return undefined;
  }
}

function error(why: string): Measurement {
  return { kind: 'error', why };
}
