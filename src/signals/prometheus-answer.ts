import { z } from 'zod';
import type { Reduction } from '../core/reduce.js';
import { fail, type JsonAnswer, numberOf, reduceSeries } from './answer.js';

const shape = z.object({ data: z.object({ resultType: z.string(), result: z.unknown() }) });
const sample = z.tuple([z.unknown(), z.unknown()]);
const vector = z.array(z.object({ value: sample }));

/**
 * The answer to an instant query: a scalar, one series, or several that are reduced to one number; no series or NaN is no data.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export function prometheusAnswer(reduction: Reduction | undefined): JsonAnswer<z.output<typeof shape>> {
  return {
    who: 'Prometheus',
    hints: {
      401: 'set PROMETHEUS_TOKEN or PROMETHEUS_TOKEN_FILE',
      403: 'the token may not query',
      404: 'check the address: /api/v1/query is added to it',
    },
    said: (answer) => (answer as { readonly error?: string } | undefined)?.error,
    shape,
    number({ data: { resultType, result } }) {
      if (resultType === 'scalar') return numberOf(sample.safeParse(result).data?.[1]);
      const series = resultType === 'vector' ? vector.safeParse(result).data : undefined;
      if (series === undefined)
        return fail(`the query returns a ${resultType}; make it an instant vector, for example with rate(…)`);
      const numbers = series.map(({ value }) => numberOf(value[1]));
      return reduceSeries(numbers, reduction, 'make it one with sum(…)');
    },
  };
}
