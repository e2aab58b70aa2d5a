import { z } from 'zod';
import type { Reduction } from '../core/reduce.js';
import type { Measurement } from '../core/verdict.js';
import { fail, type JsonAnswer, numberOf, reduceSeries } from './answer.js';
import { labelledAs } from './cluster-labels.js';
import { PRESET_LABELS } from './prometheus-presets.js';

const shape = z.object({ data: z.object({ resultType: z.string(), result: z.unknown() }) });
const sample = z.tuple([z.unknown(), z.unknown()]);
const vector = z.array(z.object({ value: sample }));
const labelled = z.object({ metric: z.record(z.string(), z.string()), value: sample });
const series = z.object({ metric: z.record(z.string(), z.string()), values: z.array(z.tuple([z.number(), z.string()])) });

type Shape = z.output<typeof shape>;

/** One series of a range: its labels, and its samples as Prometheus writes them (seconds, text). */
export type RangeSeries = z.output<typeof series>;

const REFUSALS = {
  who: 'Prometheus',
  hints: {
    401: 'set PROMETHEUS_TOKEN, or PROMETHEUS_USER and PROMETHEUS_PASSWORD (each also with _FILE)',
    403: 'check the secret that is sent: whoever it names may not query',
    404: 'check the address: /api/v1/query is added to it',
  },
  said: (answer: unknown) => (answer as { readonly error?: string } | undefined)?.error,
  shape,
} as const;

/**
 * The answer to an instant query: a scalar, one series, or several that are reduced to one number; no series or NaN is no data.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export function prometheusAnswer(reduction: Reduction | undefined): JsonAnswer<Shape> {
  return {
    ...REFUSALS,
    read({ data: { resultType, result } }) {
      if (resultType === 'scalar') return numberOf(sample.safeParse(result).data?.[1]);
      const found = resultType === 'vector' ? vector.safeParse(result).data : undefined;
      if (found !== undefined)
        return oneOf(
          found.map(({ value }) => value[1]),
          reduction,
        );
      return fail(`the query returns a ${resultType}; make it an instant vector, for example with rate(…)`);
    },
  };
}

/** The answer to a preset that was asked about several services and subsets: the series of this one; without it there is no data. */
export function presetAnswer(service: string, subset: string): JsonAnswer<Shape> {
  return {
    ...REFUSALS,
    read({ data: { resultType, result } }) {
      const found = resultType === 'vector' ? z.array(labelled).safeParse(result).data : undefined;
      if (found === undefined) return fail(`the answer to a preset holds a ${resultType} instead of a vector`);
      const own = found.filter(
        ({ metric }) => labelledAs(service)[0] === metric[PRESET_LABELS.service] && metric[PRESET_LABELS.subset] === subset,
      );
      return oneOf(
        own.map(({ value }) => value[1]),
        undefined,
      );
    },
  };
}

/** The series in the answer to a range query. https://prometheus.io/docs/prometheus/latest/querying/api/#range-queries */
export const PROMETHEUS_RANGE: JsonAnswer<Shape, readonly RangeSeries[]> = {
  ...REFUSALS,
  read({ data: { resultType, result } }) {
    const found = resultType === 'matrix' ? z.array(series).safeParse(result).data : undefined;
    return found ?? fail(`the answer to a range query holds a ${resultType} instead of a matrix`);
  },
};

/** The number of a query at one moment, from the values of its series then. */
export function oneOf(values: readonly unknown[], reduction: Reduction | undefined): Measurement {
  return reduceSeries(values.map(numberOf), reduction, 'make it one with sum(…)');
}
