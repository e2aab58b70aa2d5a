import { type ClientHttp2Session, connect, constants } from 'node:http2';

/** One call: when it ended (ms since the epoch), and its gRPC status as the caller got it; undefined: no status came. */
export interface CallOutcome {
  readonly at: number;
  readonly status: number | undefined;
  readonly http: number;
  /** The version that answered, where an application did. */
  readonly version?: string;
}

/** Running gRPC traffic. */
export interface GrpcLoad {
  results(): readonly CallOutcome[];
  /** Sends no more, waits for the answers that are due, and gives them all. */
  stop(): Promise<readonly CallOutcome[]>;
}

const TICK_MS = 5;
const EMPTY = Buffer.alloc(5);
const CALL = {
  ':method': 'POST',
  ':path': '/bank.Books/Balance',
  'content-type': 'application/grpc',
  te: 'trailers',
} as const;

/** Starts open-loop gRPC calls, `rps` a second, over one HTTP/2 connection at a time: one that is sent away is replaced, as gRPC's own clients do. A call is given up at its `deadline` in ms. */
export function startGrpcLoad(url: string, rps: number, deadline?: number): GrpcLoad {
  let session = open(url);
  const outcomes: CallOutcome[] = [];
  const waiting = new Set<Promise<void>>();
  const started = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) * rps) / 1_000);
    for (; sent < due; sent++) {
      if (session.closed || session.destroyed) session = open(url);
      const one = call(session, deadline).then((outcome) => {
        outcomes.push(outcome);
        waiting.delete(one);
      });
      waiting.add(one);
    }
  }, TICK_MS);
  return {
    results: () => outcomes,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(waiting);
      session.destroy();
      return outcomes;
    },
  };
}

/** One call on a connection of its own; resolves whatever happens. */
export async function callOnce(url: string): Promise<CallOutcome> {
  const session = open(url);
  const outcome = await call(session);
  session.destroy();
  return outcome;
}

function open(url: string): ClientHttp2Session {
  const session = connect(url);
  session.on('error', () => session.destroy());
  session.on('goaway', () => session.close());
  return session;
}

function call(session: ClientHttp2Session, deadline?: number): Promise<CallOutcome> {
  return new Promise((resolve) => {
    let outcome: CallOutcome = { at: 0, status: undefined, http: 0 };
    const stream = session.request(CALL);
    const hear = (headers: { readonly [name: string]: unknown }): void => {
      const status = headers['grpc-status'];
      const version = headers['x-version'];
      outcome = {
        ...outcome,
        ...(status === undefined ? {} : { status: Number(status) }),
        ...(version === undefined ? {} : { version: String(version) }),
      };
    };
    stream.on('response', (headers) => {
      outcome = { ...outcome, http: headers[':status'] ?? 0 };
      hear(headers);
    });
    stream.on('trailers', hear);
    if (deadline !== undefined) stream.setTimeout(deadline, () => stream.close(constants.NGHTTP2_CANCEL));
    stream.on('error', () => undefined);
    stream.on('close', () => resolve({ ...outcome, at: Date.now() }));
    stream.resume();
    stream.end(EMPTY);
  });
}
