import type { Socket } from 'node:net';
import type { Context } from 'hono';

/** The connection that a request came by. */
export function socketOf(c: Context): Socket {
  return (c.env as { readonly incoming: { readonly socket: Socket } }).incoming.socket;
}
