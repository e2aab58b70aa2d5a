import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PeakRate } from './peak-rate.js';

/** A request as the proxy sees it. `path` is without the query; `blocking` says that it carries an index to wait on. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** The method and the first part of the path: `GET config`, `PUT kv`, `GET health` … */
  readonly kind: string;
  readonly blocking: boolean;
}

/** What goes wrong with a request: an answer instead of Consul's, a wait before it is passed on, or a connection that is cut before or after Consul got it. */
export type Trouble =
  | { readonly kind: 'answer'; readonly status: number; readonly text: string }
  | { readonly kind: 'delay'; readonly ms: number }
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' };

/** A write that came by: what was asked, and what the caller was told (`cut` where the connection broke). */
export interface SeenWrite {
  readonly at: number;
  readonly method: string;
  /** With its query. */
  readonly url: string;
  readonly body: string;
  /** Whether Consul got it; then it may be applied, whatever the caller was told. */
  readonly forwarded: boolean;
  readonly told: number | 'cut';
}

/** A proxy in front of a Consul that fails on command and counts. */
export interface FaultyConsul {
  /** http://127.0.0.1:PORT */
  readonly address: string;
  /** Makes this trouble for every request of which `which` is true (all by default), `times` times at most; ends with the returned function. The first that fits counts. */
  fail(trouble: Trouble, which?: (request: SeenRequest) => boolean, times?: number): () => void;
  /** Another Consul to pass requests on to. */
  turnTo(address: string): void;
  /** Cuts every connection that is open now. */
  cutAll(): void;
  /** Requests so far, by kind. */
  counts(): Readonly<Record<string, number>>;
  /** The most requests that came within any one second since the start or the last `forget`, of one kind or of all. */
  peak(kind?: string): number;
  /** Writes in the order in which they ended. */
  readonly writes: readonly SeenWrite[];
  /** Starts counts, peaks and writes anew. */
  forget(): void;
  stop(): Promise<void>;
}

/** Starts the proxy on a free port of 127.0.0.1. */
export async function startFaultyConsul(target: string): Promise<FaultyConsul> {
  const proxy = new FaultyProxy(target);
  const server = createServer((incoming, outgoing) => void proxy.serve(incoming, outgoing));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (trouble, which = () => true, times = Number.POSITIVE_INFINITY) => proxy.fail({ trouble, which, left: times }),
    turnTo: (address) => {
      proxy.target = address;
    },
    cutAll: () => server.closeAllConnections(),
    counts: () => Object.fromEntries([...proxy.rates].filter(([kind]) => kind !== '').map(([kind, rate]) => [kind, rate.total])),
    peak: (kind = '') => proxy.rates.get(kind)?.peak ?? 0,
    get writes() {
      return proxy.writes;
    },
    forget: () => proxy.forget(),
    stop: async () => {
      proxy.end();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

interface Rule {
  readonly trouble: Trouble;
  readonly which: (request: SeenRequest) => boolean;
  left: number;
}

class FaultyProxy {
  target: string;
  /** By kind; under the empty name all together. */
  readonly rates = new Map<string, PeakRate>();
  writes: SeenWrite[] = [];
  #rules: readonly Rule[] = [];
  readonly #agent = new Agent({ keepAlive: true });

  constructor(target: string) {
    this.target = target;
  }

  fail(rule: Rule): () => void {
    this.#rules = [...this.#rules, rule];
    return () => {
      this.#rules = this.#rules.filter((one) => one !== rule);
    };
  }

  forget(): void {
    this.rates.clear();
    this.writes = [];
  }

  end(): void {
    this.#agent.destroy();
  }

  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const seen = describe(incoming);
    for (const kind of ['', seen.kind]) this.#count(kind);
    const body = await bodyOf(incoming).catch(() => undefined);
    if (body === undefined) return;
    const trouble = this.#next(seen);
    const note = (told: SeenWrite['told'], forwarded: boolean): void => {
      const { method = 'GET', url = '/' } = incoming;
      if (method !== 'GET') this.writes.push({ at: Date.now(), method, url, body: body.toString('utf8'), forwarded, told });
    };
    if (trouble?.kind === 'answer') {
      note(trouble.status, false);
      outgoing.writeHead(trouble.status, { 'content-type': 'text/plain; charset=utf-8' }).end(trouble.text);
      return;
    }
    if (trouble?.kind === 'cut' && trouble.when === 'before') {
      note('cut', false);
      outgoing.destroy();
      return;
    }
    if (trouble?.kind === 'delay') await new Promise((resolve) => setTimeout(resolve, trouble.ms));
    if (outgoing.destroyed) note('cut', false);
    else this.#pass(incoming, outgoing, body, trouble?.kind === 'cut', note);
  }

  #pass(
    { method, url, headers }: IncomingMessage,
    outgoing: ServerResponse,
    body: Buffer,
    cut: boolean,
    note: (told: SeenWrite['told'], forwarded: boolean) => void,
  ): void {
    const host = new URL(this.target).host;
    const onward = request(`${this.target}${url}`, { method, headers: { ...headers, host }, agent: this.#agent });
    let told = false;
    const once = (what: SeenWrite['told']): void => {
      if (!told) note(what, true);
      told = true;
    };
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) once('cut');
      onward.destroy();
    });
    onward.once('error', () => outgoing.destroy());
    onward.once('response', (answer) => {
      if (cut) {
        answer.resume();
        outgoing.destroy();
        return;
      }
      once(answer.statusCode ?? 0);
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
      answer.once('error', () => outgoing.destroy());
    });
    onward.end(body);
  }

  #next(seen: SeenRequest): Trouble | undefined {
    const rule = this.#rules.find(({ which, left }) => left > 0 && which(seen));
    if (rule !== undefined) rule.left--;
    return rule?.trouble;
  }

  #count(kind: string): void {
    const rate = this.rates.get(kind) ?? new PeakRate();
    rate.add(Date.now());
    this.rates.set(kind, rate);
  }
}

function describe({ method = 'GET', url = '/' }: IncomingMessage): SeenRequest {
  const { pathname, searchParams } = new URL(url, 'http://consul');
  const [, , first = ''] = pathname.split('/');
  return { method, path: pathname, kind: `${method} ${first}`, blocking: searchParams.has('index') };
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
