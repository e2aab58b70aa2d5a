import { z } from 'zod';
import type { Reduction } from '../core/reduce.js';
import type { Measurement } from '../core/verdict.js';
import { fail, numberOf, reduceSeries, refuse } from './answer.js';
import type { Quote } from './ask.js';
import { readCsv } from './csv.js';

/** What to do when InfluxDB refuses the token. */
export const INFLUX_HINT = 'check that INFLUX_TOKEN or token_file holds a token that may read the bucket';

const refused = z.object({ message: z.string() });

/** Reads Flux' CSV: one record in all tables, or several that are reduced to one number. https://docs.influxdata.com/influxdb/v2/reference/syntax/annotated-csv/ */
export function readFlux(reduction: Reduction | undefined): (status: number, body: string, quote: Quote) => Measurement {
  return (status, body, quote) => {
    if (status !== 200)
      return refuse({ who: 'InfluxDB', hints: { 401: INFLUX_HINT, 403: INFLUX_HINT } }, status, quote(wordsOf(body)));
    const records = recordsOf(body);
    const trouble = records.find((record) => record.has('error'));
    if (trouble !== undefined) return fail(`InfluxDB answers: ${quote(trouble.get('error') ?? '')}; check the query`);
    if (records.length === 0) {
      if (body.trim() === '' || body.includes('_value')) return { kind: 'none', why: 'the query returns no record' };
      return fail(`the answer of InfluxDB is not what its API answers: ${quote(body)}; check the url`);
    }
    if (!records.every((record) => record.has('_value')))
      return fail(`the answer of InfluxDB has no column _value: ${quote(body)}; check the url, and that the query gives one`);
    const numbers = records.map((record) => numberOf(record.get('_value')));
    return reduceSeries(numbers, reduction, 'end it with |> group() |> sum() or |> last(), so that Flux gives one');
  };
}

/** All records by column; tables are divided by blank lines, and each begins with its header. */
function recordsOf(body: string): readonly ReadonlyMap<string, string>[] {
  const records: ReadonlyMap<string, string>[] = [];
  let header: readonly string[] | undefined;
  for (const row of readCsv(body)) {
    if (row.every((cell) => cell === '')) header = undefined;
    else if (row[0]?.startsWith('#')) continue;
    else if (header === undefined) header = row;
    else records.push(new Map(header.map((column, i) => [column, row[i] ?? ''])));
  }
  return records;
}

function wordsOf(body: string): string {
  try {
    return refused.parse(JSON.parse(body)).message;
  } catch {
    return body;
  }
}
