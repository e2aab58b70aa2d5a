import type { MiddlewareHandler } from 'hono';
import { refuse } from './refuse.js';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];

/** Refuses requests for other names: a page whose name was rebound to this machine's address could read what only this machine may. */
export function hostGuard(bound: string, allowed: readonly string[]): MiddlewareHandler {
  const names = new Set([...LOOPBACK, bound, `[${bound}]`, ...allowed].map((name) => name.toLowerCase()));
  return async (c, next) => {
    const name = (c.req.header('host') ?? '').replace(/:\d*$/, '').toLowerCase();
    if (names.has(name)) return next();
    return refuse(
      c,
      403,
      'unknown host',
      `this server does not answer to the name in the Host header; use ${LOOPBACK[1]}, or allow it with allowed_hosts`,
    );
  };
}
