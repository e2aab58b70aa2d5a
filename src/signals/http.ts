import { fillPlaceholders, type Named } from '../core/placeholders.js';
import type { HttpSignal } from '../core/plan.js';
import { isUnresolved, sayNetworkFailure } from '../net/failure.js';
import { readSecret } from '../net/secret.js';
import type { Measured } from './measured.js';
import type { Asking } from './vendor.js';

/** Probes an address once: 1 when it answers as expected in time, else 0; an `error` when the host's name cannot be resolved or the token not read. */
export async function measureHttp(signal: HttpSignal, { target, abort }: Asking): Promise<Measured> {
  const url = fillAddress(signal, target);
  const query = `${signal.method} ${sayAddress(url)}`;
  const failed = (raw: string, why: string): Measured => ({ query, raw, measurement: { kind: 'error', why } });
  const bearer = await bearerOf(signal).catch((error: Error) => error);
  if (bearer instanceof Error) return failed('', bearer.message);
  try {
    const status = await probe(url, signal, bearer?.headers ?? {}, abort);
    return { query, raw: `HTTP ${status}`, measurement: { kind: 'scalar', value: isExpected(status, signal.expect) ? 1 : 0 } };
  } catch (error) {
    if (abort.aborted) return { query, raw: '', measurement: { kind: 'none', why: 'given up' } };
    const raw = sayNetworkFailure(error, signal.timeout);
    if (isUnresolved(error)) return failed(raw, `${raw}: ${url.hostname}; check the url of ${signal.name}`);
    return { query, raw, measurement: { kind: 'scalar', value: 0 } };
  }
}

/** The address of a signal with its placeholders filled in. Throws when it is none. */
export function fillAddress({ url }: HttpSignal, target: Named): URL {
  return new URL(fillPlaceholders(url, target, encodeURIComponent));
}

/** What sends the signal's token, and the token as a secret; undefined when it has none. Throws a sentence when it cannot be read. */
export async function bearerOf({
  tokenFile,
}: HttpSignal): Promise<
  { readonly headers: { readonly authorization: string }; readonly secrets: readonly string[] } | undefined
> {
  if (tokenFile === undefined) return undefined;
  const token = await readSecret(tokenFile, 'token_file');
  return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
}

/** Whether a status is one of those that are expected; without any, whether it is a 2xx. */
export function isExpected(status: number, expect: readonly number[] | undefined): boolean {
  return expect === undefined ? status >= 200 && status < 300 : expect.includes(status);
}

/** An address without what may be secret. */
export function sayAddress({ origin, pathname, search }: URL): string {
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}

async function probe(
  url: URL,
  { method, timeout }: HttpSignal,
  headers: Readonly<Record<string, string>>,
  abort: AbortSignal,
): Promise<number> {
  const { status, body } = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal: AbortSignal.any([abort, AbortSignal.timeout(timeout)]),
  });
  await body?.cancel();
  return status;
}
