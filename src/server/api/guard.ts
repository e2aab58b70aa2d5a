import { isIP } from 'node:net';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { problem } from './problem.js';

const MOST_BODY = 16 * 1024;
const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** Takes requests for an address, for localhost and for the allowed names only: a page whose name was rebound to this address could read what its visitor may. */
export function nameGuard(bound: string, allowed: readonly string[]): MiddlewareHandler {
  const names = new Set(['localhost', bound, ...allowed].map((name) => name.toLowerCase()));
  return async (c, next) => {
    const name = (c.req.header('host') ?? '').replace(/:\d*$/, '').toLowerCase();
    if (names.has(name) || isIP(name.replace(/^\[|\]$/g, '')) !== 0) return next();
    const detail = 'this server does not answer to the name in the Host header';
    return problem(c, 'foreign-host', detail, { next: 'splitter run --allowed-host NAME   or use its address' });
  };
}

/** Takes requests of pages of this very server, and of programs, only; writes as JSON only, and short ones. No header lets other origins in. */
export function originGuard(): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize: MOST_BODY,
    onError: (c) => {
      c.header('connection', 'close');
      return problem(c, 'too-large', `a body may have ${MOST_BODY} bytes`);
    },
  });
  return async (c, next) => {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    const own = origin === undefined || hostOf(origin) === c.req.header('host')?.toLowerCase();
    if (!own || site === 'cross-site' || site === 'same-site')
      return problem(c, 'foreign-origin', 'a page of another origin asks; only the page of this server may');
    if (!WRITES.includes(c.req.method)) return next();
    if (c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() !== 'application/json')
      return problem(c, 'not-json', 'send the body as JSON', {
        next: "curl -X POST -H 'Content-Type: application/json' -d '{}' …",
      });
    return limit(c, next);
  };
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host.toLowerCase();
  } catch {
    return undefined;
  }
}
