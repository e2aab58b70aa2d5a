import type { HttpSignal } from '../core/plan.js';
import type { Measured } from './measured.js';
import { isUnresolved, sayNetworkFailure } from './network-failure.js';

/** Probes an address once: 1 when it answers as expected in time, else 0; an `error` only when the host's name cannot be resolved. */
export async function measureHttp(signal: HttpSignal, abort: AbortSignal): Promise<Measured> {
  const query = `${signal.method} ${sayAddress(signal.url)}`;
  try {
    const status = await probe(signal, abort);
    return { query, raw: `HTTP ${status}`, measurement: { kind: 'scalar', value: isExpected(status, signal.expect) ? 1 : 0 } };
  } catch (error) {
    if (abort.aborted) return { query, raw: '', measurement: { kind: 'none', why: 'given up' } };
    const raw = sayNetworkFailure(error, signal.timeout);
    if (isUnresolved(error))
      return {
        query,
        raw,
        measurement: { kind: 'error', why: `${raw}: ${new URL(signal.url).hostname}; check the url of ${signal.name}` },
      };
    return { query, raw, measurement: { kind: 'scalar', value: 0 } };
  }
}

async function probe({ url, method, timeout }: HttpSignal, abort: AbortSignal): Promise<number> {
  const { status, body } = await fetch(url, {
    method,
    redirect: 'manual',
    signal: AbortSignal.any([abort, AbortSignal.timeout(timeout)]),
  });
  await body?.cancel();
  return status;
}

function isExpected(status: number, expect: readonly number[] | undefined): boolean {
  return expect === undefined ? status >= 200 && status < 300 : expect.includes(status);
}

/** Without what may be secret. */
function sayAddress(url: string): string {
  const { origin, pathname, search } = new URL(url);
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}
