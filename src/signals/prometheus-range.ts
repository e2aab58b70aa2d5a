import type { Env } from '../net/secret.js';
import { flagAddress } from './address.js';
import { readJson, withKept } from './answer.js';
import { quoteFor, sayUnanswered, send } from './ask.js';
import { hideSecrets } from './hide.js';
import { PROMETHEUS_RANGE, type RangeSeries } from './prometheus-answer.js';
import { openPrometheus, type PrometheusApi } from './prometheus-api.js';

/** A stretch of the past with a look every `step`; all in ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** The past could not be fetched; the message says what is wrong and where, `hint` what to type. */
export class RangeFailure extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'RangeFailure';
    this.hint = hint;
  }
}

/** A server to ask about the past. */
export interface RangeServer extends PrometheusApi {
  readonly abort: AbortSignal;
}

/** Some looks of a range, in order, and the series at them: at look i a series has `values[i]`, or nothing. */
export interface Chunk {
  readonly times: readonly number[];
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly values: readonly (number | undefined)[];
  }[];
}

/** Prometheus refuses more than 11,000 points of a series; fewer keep each answer small where there are many callers. */
const CHUNK = 2_000;
const MOST_LOOKS = 1_000_000;
/** Such an answer takes longer than that of an instant query, ms. */
const TIMEOUT = 60_000;

/** Prepares a server by its base address; `from` says where that was written. Throws a RangeFailure. */
export async function openServer(base: string, from: string, env: Env, abort: AbortSignal): Promise<RangeServer> {
  try {
    const address = flagAddress(base, from, env, 'PROMETHEUS_URL', '/api/v1/query_range');
    return { ...(await openPrometheus(address, {}, env)), abort };
  } catch (error) {
    throw new RangeFailure((error as Error).message, 'splitter replay PLAN --prometheus http://127.0.0.1:9090 --from -2h');
  }
}

/** How many looks a range has: both ends count. */
export function countLooks({ from, to, step }: Range): number {
  return Math.floor((to - from) / step) + 1;
}

/** Asks one query over a range, so many looks at a time. Throws a RangeFailure. */
export async function* fetchRange(server: RangeServer, query: string, range: Range): AsyncGenerator<Chunk> {
  const looks = countLooks(range);
  if (looks > MOST_LOOKS)
    throw new RangeFailure(
      `the range has ${looks} looks, and ${MOST_LOOKS} is the most`,
      'write a larger --step, or a shorter range; a prometheus signal is looked at by its own interval',
    );
  for (let done = 0; done < looks; done += CHUNK) {
    const count = Math.min(CHUNK, looks - done);
    const times = Array.from({ length: count }, (_, i) => range.from + (done + i) * range.step);
    yield { times, series: (await askRange(server, query, times, range.step)).map((series) => align(series, times, range.step)) };
  }
}

async function askRange(
  { call, kept, abort }: RangeServer,
  query: string,
  times: readonly number[],
  step: number,
): Promise<readonly RangeSeries[]> {
  const form = { query, start: seconds(times[0]!), end: seconds(times.at(-1)!), step: seconds(step) };
  const request = { ...call(form), timeout: TIMEOUT };
  const { status, body } = await send(request, abort).catch((error: unknown) => {
    throw new RangeFailure(sayUnanswered(error, request), 'check --prometheus, or replay a recording: --file recorded.json');
  });
  const series = readJson(withKept(PROMETHEUS_RANGE, kept))(status, body, quoteFor(request));
  if (!('why' in series)) return series;
  const why = hideSecrets(request.secrets)(series.why);
  throw new RangeFailure(`${why} (asked: ${query})`, 'try the query in Prometheus itself');
}

function align({ metric, values }: RangeSeries, times: readonly number[], step: number): Chunk['series'][number] {
  const placed = new Array<number | undefined>(times.length).fill(undefined);
  for (const [at, text] of values) {
    const index = Math.round((at * 1_000 - times[0]!) / step);
    if (index >= 0 && index < times.length) placed[index] = Number(text);
  }
  return { labels: metric, values: placed };
}

function seconds(ms: number): string {
  return String(Math.round(ms) / 1_000);
}
