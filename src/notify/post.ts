import { sayFailureBlindly } from '../net/failure.js';

/** One message, ready to go: where to, and what. All of it may be secret. */
export interface Message {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** How long the body of a 429 asks to wait, ms; for receivers that say it there. */
  readonly readWait?: (answer: unknown) => number | undefined;
}

/** The answer to a message, without a word of the message, its address or the answer's body. Times in ms. */
export type Answer =
  | { readonly kind: 'taken' }
  | { readonly kind: 'again'; readonly why: string; readonly after?: number }
  | { readonly kind: 'refused'; readonly why: string };

/** Posts a message once; never throws. Redirects are not followed: the message is for one receiver only. */
export async function post({ url, headers, body, readWait }: Message, timeout: number, abort: AbortSignal): Promise<Answer> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'user-agent': 'splitter', ...headers },
      body,
      redirect: 'manual',
      signal: AbortSignal.any([abort, AbortSignal.timeout(timeout)]),
    });
    const { status } = response;
    const wanted = status === 429 ? readWait?.(await readJson(response)) : undefined;
    // It may be open still: after an answer that nobody reads, and in the middle of one that is too long.
    await response.body?.cancel().catch(() => undefined);
    const after = parseRetryAfter(response.headers.get('retry-after'), Date.now());
    return answerOf(status, wanted === undefined ? after : Math.min(Math.max(wanted, after ?? 0), A_DAY));
  } catch (error) {
    return { kind: 'again', why: abort.aborted ? 'given up' : sayFailureBlindly(error, timeout) };
  }
}

const MOST_READ = 4_096;

/** The short JSON of an answer; undefined when it is none. */
async function readJson({ body }: Response): Promise<unknown> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > MOST_READ) return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function answerOf(status: number, after: number | undefined): Answer {
  const why = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { kind: 'taken' };
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
