import { z } from 'zod';
import type { Reduction } from '../core/reduce.js';
import { fail, type JsonAnswer, numberOf, reduceSeries } from './answer.js';
import { INFLUX_HINT } from './influxdb-flux.js';

const series = z.object({ columns: z.array(z.string()), values: z.array(z.array(z.unknown())) });
const shape = z.object({ results: z.array(z.object({ series: z.array(series).default([]) })) });
const refused = z.object({
  error: z.string().optional(),
  results: z.array(z.object({ error: z.string().optional() })).optional(),
});

/** The value of an InfluxQL answer: a time and a value in each row, of one row or of several that are reduced to one number. */
export function influxqlAnswer(reduction: Reduction | undefined): JsonAnswer<z.output<typeof shape>> {
  return {
    who: 'InfluxDB',
    hints: { 401: INFLUX_HINT, 403: INFLUX_HINT },
    said(answer) {
      const { error, results = [] } = refused.safeParse(answer).data ?? {};
      return error ?? results.find((result) => result.error !== undefined)?.error;
    },
    shape,
    read({ results }) {
      const all = results.flatMap((result) => result.series);
      const rows = all.flatMap(({ columns, values }) => values.map((row) => row.filter((_, i) => columns[i] !== 'time')));
      const numbers = rows.map((row) =>
        row.length > 1 ? fail(`the query returns ${row.length} values; SELECT only one`) : numberOf(row[0]),
      );
      return reduceSeries(numbers, reduction, 'leave GROUP BY out, so that InfluxQL gives one');
    },
  };
}
