import { randomBytes } from 'node:crypto';
import { setInterval } from 'node:timers';

/** What the stream tells. `reset`: what the reader knows is too old to be mended; read all again. */
export type FeedEvent = 'hello' | 'rollout' | 'decision' | 'freeze' | 'counts' | 'gone' | 'reset';

/** Whom an event concerns: one service; `close` when only those who look at it alone care. */
export interface About {
  readonly service?: string;
  readonly close?: boolean;
}

interface Kept extends About {
  readonly n: number;
  readonly text: string;
  readonly bytes: number;
}

interface Reader {
  readonly service: string | undefined;
  readonly sink: ReadableStreamDefaultController<Uint8Array>;
  readonly cut: () => void;
}

/** How the feed paces itself; times in ms, sizes in bytes. */
export interface FeedOptions {
  readonly ping?: number;
  /** A reader that has so much not read yet is cut: it comes back and is told what it missed. */
  readonly mostBehind?: number;
  readonly kept?: number;
}

const PING = 15_000;
const BEHIND = 1024 * 1024;
/** Less than a reader may be behind: telling again must not cut it. */
const KEPT_BYTES = 512 * 1024;
const MOST_READERS = 100;

/** Server-sent events to any number of readers, with the last ones kept so that a reader that was cut off misses nothing. */
export class EventFeed {
  /** Ids of events begin so: another boot is another numbering. */
  readonly boot = randomBytes(6).toString('hex');
  readonly #options: Required<FeedOptions>;
  readonly #readers = new Set<Reader>();
  readonly #encoder = new TextEncoder();
  readonly #pinger: NodeJS.Timeout;
  #kept: Kept[] = [];
  #bytes = 0;
  #n = 0;

  constructor({ ping = PING, mostBehind = BEHIND, kept = KEPT_BYTES }: FeedOptions = {}) {
    this.#options = { ping, mostBehind, kept };
    this.#pinger = setInterval(() => this.#sendAll(': ping\n\n'), ping).unref();
  }

  get readers(): number {
    return this.#readers.size;
  }

  /** Whether no more readers are taken. */
  get full(): boolean {
    return this.#readers.size >= MOST_READERS;
  }

  /** Tells all readers whom it concerns, and keeps it for those who come back. */
  tell(event: FeedEvent, data: unknown, about: About = {}): void {
    const text = render(event, data, `${this.boot}-${++this.#n}`);
    const bytes = Buffer.byteLength(text);
    this.#kept.push({ ...about, n: this.#n, text, bytes });
    this.#bytes += bytes;
    while (this.#bytes > this.#options.kept) this.#bytes -= this.#kept.shift()!.bytes;
    for (const reader of this.#readers) if (concerns(about, reader.service)) this.#send(reader, text);
  }

  /** A stream of events from now on, or from behind the last one that the reader has; `cut` has to break its connection, and `closed` tells when that is gone, so that nobody is kept who reads no more. */
  open(
    lastId: string | undefined,
    service: string | undefined,
    greeting: object,
    cut: () => void,
    closed?: AbortSignal,
  ): ReadableStream<Uint8Array> {
    let reader: Reader;
    return new ReadableStream<Uint8Array>(
      {
        start: (sink) => {
          reader = { service, sink, cut };
          this.#readers.add(reader);
          const retry = 2_000 + Math.floor(Math.random() * 3_000);
          // One who comes back keeps the id that it came with until it has what it missed.
          const id = lastId === undefined ? `${this.boot}-${this.#n}` : undefined;
          this.#send(reader, `retry: ${retry}\n${render('hello', { boot: this.boot, ...greeting }, id)}`);
          if (lastId !== undefined) this.#catchUp(reader, lastId);
          const drop = (): void => {
            if (this.#readers.delete(reader)) sink.close();
          };
          closed?.addEventListener('abort', drop, { once: true });
          if (closed?.aborted === true) drop();
        },
        cancel: () => void this.#readers.delete(reader),
      },
      { highWaterMark: this.#options.mostBehind, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** Ends every stream. */
  close(): void {
    clearInterval(this.#pinger);
    for (const { sink } of this.#readers) sink.close();
    this.#readers.clear();
  }

  #catchUp(reader: Reader, lastId: string): void {
    const [boot, n] = lastId.split('-');
    const from = Number(n) + 1;
    const whole =
      boot === this.boot && Number.isInteger(from) && from <= this.#n + 1 && from >= (this.#kept[0]?.n ?? this.#n + 1);
    if (!whole) this.#send(reader, render('reset', {}, `${this.boot}-${this.#n}`));
    else for (const one of this.#kept) if (one.n >= from && concerns(one, reader.service)) this.#send(reader, one.text);
  }

  #sendAll(text: string): void {
    for (const reader of this.#readers) this.#send(reader, text);
  }

  #send(reader: Reader, text: string): void {
    if (!this.#readers.has(reader)) return;
    reader.sink.enqueue(this.#encoder.encode(text));
    if ((reader.sink.desiredSize ?? 0) > 0) return;
    this.#readers.delete(reader);
    reader.cut();
  }
}

function concerns({ service, close = false }: About, wanted: string | undefined): boolean {
  if (wanted === undefined) return !close;
  return service === undefined || service === wanted;
}

function render(event: FeedEvent, data: unknown, id: string | undefined): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`;
}
