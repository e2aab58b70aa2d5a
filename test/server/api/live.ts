import type { Sandbox } from '../../../src/sandbox/sandbox.js';
import { type Running, Shell, until } from '../../support/shell.js';

/** A controller with its API, as `splitter run` starts it. */
export interface Live {
  readonly address: string;
  /** What it logs. */
  readonly log: () => string;
  stop(): Promise<void>;
}

/** Starts `splitter run` on a sandbox and waits until it is a member; flags after `--listen 127.0.0.1:0`. */
export async function startLive(sandbox: Sandbox, flags = '', env: Readonly<Record<string, string>> = {}): Promise<Live> {
  const shell = new Shell(sandbox.consulAddress, env);
  const running: Running = shell.start(`run --listen 127.0.0.1:0 ${flags}`);
  const address = (): string | undefined => /"address":"(http:[^"]+)"/.exec(running.output())?.[1];
  await until('the controller listens', () => address() !== undefined);
  await until('it is ready', async () => (await fetch(`${address()}/readyz`)).status === 200);
  return {
    address: address()!,
    log: running.output,
    stop: async () => {
      running.interrupt();
      await running.done;
    },
  };
}

/** Reads events of a stream until the condition holds of all that came so far; then the stream is left. */
export async function readEvents(
  url: string,
  enough: (events: readonly StreamEvent[]) => boolean,
  headers: Readonly<Record<string, string>> = {},
): Promise<readonly StreamEvent[]> {
  const stop = new AbortController();
  const answer = await fetch(url, { headers, signal: stop.signal });
  if (answer.body === null || answer.status !== 200) throw new Error(`no stream: ${answer.status} ${await answer.text()}`);
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body) {
      text += decoder.decode(chunk, { stream: true });
      const events = parseEvents(text);
      if (enough(events)) return events;
    }
  } finally {
    stop.abort();
  }
  throw new Error(`the stream ended early: ${text.slice(-500)}`);
}

/** One event of a stream. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of many shapes
  readonly data: any;
}

function parseEvents(text: string): readonly StreamEvent[] {
  const whole = text.slice(0, text.lastIndexOf('\n\n'));
  return whole.split('\n\n').flatMap((block) => {
    const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
    const event = field('event');
    return event === undefined ? [] : [{ event, id: field('id'), data: JSON.parse(field('data') ?? 'null') }];
  });
}

// biome-ignore lint/suspicious/noExplicitAny: tests look into documents of many shapes
type Document = any;

/** An answer in JSON, with what is needed to judge it. */
export interface Reply {
  readonly status: number;
  readonly body: Document;
  readonly text: string;
  readonly headers: Headers;
}

/** Asks, and reads the answer to its end. */
export async function ask(url: string, init: RequestInit = {}): Promise<Reply> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text), text, headers: answer.headers };
}
