import { REDUCTIONS, type Reduction, reduceNumbers } from '../core/reduce.js';
import type { Measurement } from '../core/verdict.js';

interface Answer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly resultType?: string; readonly result?: unknown };
}
type Sample = readonly [time: number, value: string];

/** The one number in the answer to an instant query; no series or NaN is no data; several series are an error unless they are reduced to one. */
export function parsePromAnswer(status: number, body: string, reduction?: Reduction): Measurement {
  const answer = parse(body);
  if (status !== 200 || answer?.status !== 'success') {
    const said = answer?.error ?? body.trim().slice(0, 200);
    return error(`Prometheus answers HTTP ${status}${said === '' ? '' : `: ${said}`}${HINTS[status] ?? ''}`);
  }
  const { resultType, result } = answer.data ?? {};
  if (resultType === 'scalar') return numberOf(result as Sample);
  if (resultType !== 'vector' || !Array.isArray(result))
    return error(
      `the query returns a ${resultType ?? 'thing without type'}; make it an instant vector, for example with rate(…)`,
    );
  if (result.length === 0) return { kind: 'none', why: 'the query returns no series' };
  const samples = result.map((series: { readonly value?: Sample }) => series.value);
  if (samples.length === 1) return numberOf(samples[0]);
  if (reduction === undefined)
    return error(`the query returns ${samples.length} series; write reduce: max (or ${OTHERS}), or make it one with sum(…)`);
  return numberOf([
    0,
    String(
      reduceNumbers(
        reduction,
        samples.map((sample) => Number(sample?.[1])),
      ),
    ),
  ]);
}

const OTHERS = REDUCTIONS.filter((name) => name !== 'max').join(', ');

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
