import type { Measurement } from '../core/verdict.js';
import { sayNetworkFailure } from '../net/failure.js';
import { hideSecrets } from './hide.js';
import type { Measured } from './measured.js';

/** Shortens and cleans what somebody else said, so that it can be repeated. */
export type Quote = (text: string) => string;

/** One request to an API. `secrets` appear in nothing that is told of it. */
export interface Request {
  readonly who: string;
  readonly url: URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | URLSearchParams;
  readonly secrets: readonly string[];
  /** Milliseconds; default 5 s. */
  readonly timeout?: number | undefined;
}

/** A request for one number, and how its answer is read. */
export interface Ask extends Request {
  /** Where the answer comes from when it is asked for together with others. */
  readonly sent?: () => Promise<{ readonly status: number; readonly body: string }>;
  read(status: number, body: string, quote: Quote): Measurement;
}

const TIMEOUT = 5_000;
const RAW_LENGTH = 300;
const QUOTE_LENGTH = 200;

/** Asks an API for one number. What `prepare` throws, a failed request and a refusal are `error` measurements; never throws. */
export async function askForNumber(query: string, prepare: () => Promise<Ask>, abort: AbortSignal): Promise<Measured> {
  let ask: Ask;
  try {
    ask = await prepare();
  } catch (error) {
    return { query, raw: '', measurement: { kind: 'error', why: (error as Error).message } };
  }
  const hide = hideSecrets(ask.secrets);
  try {
    const { status, body } = await (ask.sent?.() ?? send(ask, abort));
    const measurement = ask.read(status, body, quoteFor(ask));
    return {
      query: hide(query),
      raw: hide(body).trim().slice(0, RAW_LENGTH),
      measurement: 'why' in measurement ? { ...measurement, why: hide(measurement.why) } : measurement,
    };
  } catch (error) {
    return { query: hide(query), raw: '', measurement: failureOf(error, ask, abort) };
  }
}

/** Sends a request; rejects when there is no answer in its time. */
export async function send(request: Request, abort: AbortSignal): Promise<{ readonly status: number; readonly body: string }> {
  const { url, method = 'GET', headers = {}, body } = request;
  const response = await fetch(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    // No API redirects a query; a login page in front of it does.
    redirect: 'manual',
    signal: AbortSignal.any([abort, AbortSignal.timeout(request.timeout ?? TIMEOUT)]),
  });
  return { status: response.status, body: await response.text() };
}

/** What quotes from the answer to a request. */
export function quoteFor({ secrets }: Request): Quote {
  const hide = hideSecrets(secrets);
  return (text) => hide(text).trim().slice(0, QUOTE_LENGTH);
}

/** Why `send` got no answer, as a sentence. */
export function sayUnanswered(error: unknown, { who, url, secrets, timeout = TIMEOUT }: Request): string {
  return `${who} at ${url.origin} cannot be asked: ${hideSecrets(secrets)(sayNetworkFailure(error, timeout))}`;
}

function failureOf(error: unknown, ask: Ask, abort: AbortSignal): Measurement {
  if (abort.aborted) return { kind: 'none', why: 'given up' };
  const remedy = (error as Error).name === 'TimeoutError' ? 'ask for less, or write a longer timeout' : 'check its address';
  return { kind: 'error', why: `${sayUnanswered(error, ask)}; ${remedy}` };
}
