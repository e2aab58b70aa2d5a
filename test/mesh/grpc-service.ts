import { createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';

/** The gRPC statuses that the tests answer with. */
export const GRPC = { OK: 0, NOT_FOUND: 5, INTERNAL: 13, UNAVAILABLE: 14 };

/** A tiny gRPC server of one version: every call is answered with an empty message and a status. Its behaviour may be set while it runs. */
export interface GrpcApp {
  readonly version: string;
  readonly port: number;
  /** The share of calls that end with `status` instead of OK, 0..1, at even distances. */
  share: number;
  status: number;
  /** Whether such a call gets no answer instead. */
  hangs: boolean;
  /** Where the status is said: in trailers after a message, or in the headers of an answer without one. */
  says: 'trailers' | 'headers';
  /** Closes it and its connections. */
  stop(): Promise<void>;
}

/** An empty message as gRPC frames it: not compressed, no byte long. */
const EMPTY = Buffer.alloc(5);

/** Starts a gRPC server on a free port of 127.0.0.1, healthy. */
export async function startGrpcApp(version: string): Promise<GrpcApp> {
  const sessions = new Set<Http2Session>();
  let owed = 0;
  const server = createServer();
  server.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream) => {
    stream.on('error', () => undefined);
    stream.resume().once('end', () => answer(stream));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const app: GrpcApp = {
    version,
    port: (server.address() as AddressInfo).port,
    share: 0,
    status: GRPC.UNAVAILABLE,
    hangs: false,
    says: 'trailers',
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
      }),
  };
  return app;

  function answer(stream: ServerHttp2Stream): void {
    owed += app.share;
    const bad = owed >= 1;
    if (bad) owed -= 1;
    if (bad && app.hangs) return;
    const headers = { ':status': 200, 'content-type': 'application/grpc', 'x-version': version };
    const end = { 'grpc-status': String(bad ? app.status : GRPC.OK) };
    if (app.says === 'headers' && bad) {
      stream.respond({ ...headers, ...end }, { endStream: true });
      return;
    }
    stream.respond(headers, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers(end));
    stream.end(EMPTY);
  }
}
