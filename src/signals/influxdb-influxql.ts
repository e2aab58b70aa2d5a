import { z } from 'zod';
import { fail, failSeveral, type JsonAnswer, numberOf } from './answer.js';
import { INFLUX_HINT } from './influxdb-flux.js';

const series = z.object({ columns: z.array(z.string()), values: z.array(z.array(z.unknown())) });
const shape = z.object({ results: z.array(z.object({ series: z.array(series).default([]) })) });
const refused = z.object({
  error: z.string().optional(),
  results: z.array(z.object({ error: z.string().optional() })).optional(),
});

/** The one value of an InfluxQL answer: one statement, one series, one row of a time and a value. */
export const INFLUXQL_ANSWER: JsonAnswer<z.output<typeof shape>> = {
  who: 'InfluxDB',
  hints: { 401: INFLUX_HINT, 403: INFLUX_HINT },
  said(answer) {
    const { error, results = [] } = refused.safeParse(answer).data ?? {};
    return error ?? results.find((result) => result.error !== undefined)?.error;
  },
  shape,
  number({ results }) {
    const all = results.flatMap((result) => result.series);
    const rows = all.flatMap(({ columns, values }) => values.map((row) => row.filter((_, i) => columns[i] !== 'time')));
    if (rows.length > 1) return failSeveral(rows.length, 'leave GROUP BY out, so that InfluxQL gives one');
    const [only] = rows;
    if (only === undefined) return { kind: 'none', why: 'the query returns no series' };
    return only.length > 1 ? fail(`the query returns ${only.length} values; SELECT only one`) : numberOf(only[0]);
  },
};
