import type { Socket } from 'node:net';
import type { Context } from 'hono';

/** Aborted as soon as the connection is closed. */
export function closingOf(socket: Socket): AbortSignal {
  const closing = new AbortController();
  if (socket.destroyed) closing.abort();
  else socket.once('close', () => closing.abort());
  return closing.signal;
}

/** The connection that a request came by. */
export function socketOf(c: Context): Socket {
  return (c.env as { readonly incoming: { readonly socket: Socket } }).incoming.socket;
}
