import { formatDuration } from '../core/duration.js';
import type { Program } from '../core/plan.js';
import { type Ending, KEPT_OUTPUT } from './ending.js';

/** Makes an HTTP call with the variables as its JSON body (none with GET); any 2xx is a success. Never throws. */
export async function callHttp(
  { url, method, timeout }: Extract<Program, { kind: 'http' }>,
  variables: Readonly<Record<string, string>>,
  abort: AbortSignal,
): Promise<Ending> {
  const late = AbortSignal.timeout(timeout);
  try {
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      signal: AbortSignal.any([abort, late]),
      ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(variables) }),
    });
    const output = (await response.text()).slice(-KEPT_OUTPUT);
    return { ok: response.status >= 200 && response.status < 300, message: `HTTP ${response.status}`, output };
  } catch (error) {
    if (late.aborted) return { ok: false, message: `no answer within ${formatDuration(timeout)}`, output: '' };
    if (abort.aborted) return { ok: false, message: 'given up: splitter ended', output: '' };
    const cause = (error as { cause?: { code?: string } }).cause?.code;
    return { ok: false, message: `no connection (${cause ?? (error as Error).message})`, output: '' };
  }
}
