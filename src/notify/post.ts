import { sayFailureBlindly } from '../net/failure.js';

/** One message, ready to go: where to, and what. All of it may be secret. */
export interface Message {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The answer to a message, without a word of the message, its address or the answer's body. Times in ms. */
export type Answer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'again'; readonly why: string; readonly after?: number }
  | { readonly kind: 'refused'; readonly why: string };

/** Posts a message once; never throws. Redirects are not followed: the message is for one receiver only. */
export async function post({ url, headers, body }: Message, timeout: number, abort: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'splitter', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([abort, AbortSignal.timeout(timeout)]),
    });
    await response.body?.cancel();
    return answerOf(response.status, response.headers.get('retry-after'));
  } catch (error) {
    return { kind: 'again', why: abort.aborted ? 'given up' : sayFailureBlindly(error, timeout) };
  }
}

function answerOf(status: number, retryAfter: string | null): Answer {
  const why = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { kind: 'taken' };
  const after = parseRetryAfter(retryAfter, Date.now());
  if (status === 429 || status === 408 || status >= 500) return { kind: 'again', why, ...(after === undefined ? {} : { after }) };
  return { kind: 'refused', why: `${why}, ${remedyOf(status)}` };
}

/** Milliseconds of a Retry-After: seconds or an HTTP date (RFC 9110, 10.2.3), a day at most; undefined when it is neither. */
export function parseRetryAfter(text: string | null, now: number): number | undefined {
  if (text === null) return undefined;
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), A_DAY);
}

const A_DAY = 86_400_000;

function remedyOf(status: number): string {
  if (status < 400) return 'and redirects are not followed: write down the address that it leads to';
  if (status === 401 || status === 403) return 'so its secret is wrong or has been revoked';
  if (status === 404 || status === 410) return 'so the receiver is gone, or its address is wrong';
  return 'so the receiver does not take such messages';
}
