import { z } from 'zod';
import { fail, failSeveral, type JsonAnswer, numberOf } from './answer.js';

const shape = z.object({ data: z.object({ resultType: z.string(), result: z.unknown() }) });
const sample = z.tuple([z.unknown(), z.unknown()]);
const vector = z.array(z.object({ value: sample }));

/**
 * The answer to an instant query: one series or a scalar; no series or NaN is no data.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 */
export const PROMETHEUS_ANSWER: JsonAnswer<z.output<typeof shape>> = {
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
    if (series.length > 1) return failSeveral(series.length, 'reduce it to one, for example with sum(…)');
    return series[0] === undefined ? { kind: 'none', why: 'the query returns no series' } : numberOf(series[0].value[1]);
  },
};
