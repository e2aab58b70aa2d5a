import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a receiver answers one message: a status with headers, a closed connection, or never. */
export type Reply =
  | number
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  | 'reset'
  | 'silence';

/** What a receiver got. */
export interface Got {
  readonly path: string;
  /** When it was read to its end, ms. */
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of messages on this host. */
export interface Receiver {
  readonly address: string;
  readonly got: Got[];
  /** What it answers next, one after the other; the last one for good. */
  replies: readonly Reply[];
  close(): Promise<void>;
}

/** Words in the body of every answer, which nobody may repeat. */
export const ANSWER = 'answer-s3cret';

/** Starts a receiver that takes everything until it is told otherwise. */
export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      const reply = receiver.replies[0] ?? 200;
      if (receiver.replies.length > 1) receiver.replies = receiver.replies.slice(1);
      receiver.got.push({ at: performance.now(), path: request.url ?? '', headers: request.headers, body });
      if (reply === 'silence') return;
      if (reply === 'reset') request.socket.destroy();
      else if (typeof reply === 'number') response.writeHead(reply).end(ANSWER);
      else response.writeHead(reply.status, reply.headers ?? {}).end(reply.body ?? ANSWER);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: Receiver = {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    got: [],
    replies: [200],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}
