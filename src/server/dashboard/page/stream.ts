import { asProblem, ownHeaders } from './api.js';

/** Whether what is shown is what is: `live`, `stale` (silent for too long), `lost` (not connected), or `refused` (the server says no). */
export type Link = 'live' | 'stale' | 'lost' | 'refused';

/** One event. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Why the server lets this viewer follow nothing, and when it is asked again, ms. */
export interface Refusal {
  readonly message: string;
  /** The token is none that Consul knows. */
  readonly ofToken: boolean;
  readonly again: number;
}

const SILENT = 40_000;
const LOOK = 1_000;
/** What was refused changes by a person's doing, who needs longer than a network does, ms. */
const REFUSED = 60_000;

/** Whether what is shown goes on to change. */
export function isConnected(link: Link): boolean {
  return link === 'live' || link === 'stale';
}

/** Follows the stream of events with the viewer's token until the returned function is called; comes back by itself and asks for what it missed. */
export function follow(
  query: string,
  onEvent: (event: StreamEvent) => void,
  onLink: (link: Link, since: number, refusal?: Refusal) => void,
): () => void {
  let over = false;
  let connection = new AbortController();
  let [last, retry, heard, began, downAt] = ['', 2_000, Date.now(), 0, 0];
  const turn = async (): Promise<void> => {
    began = Date.now();
    connection = new AbortController();
    const headers = { ...ownHeaders(), ...(last === '' ? {} : { 'last-event-id': last }) };
    const { signal } = connection;
    const answer = await fetch(`/v1/events${query}`, { headers, signal, cache: 'no-store', credentials: 'omit' });
    if (!answer.ok || answer.body === null) throw await readNo(answer);
    downAt = 0;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      heard = Date.now();
      onLink('live', heard);
      text += value;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const field = (name: string): string | undefined => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
        retry = Number(field('retry') ?? retry);
        last = field('id') ?? last;
        const event = field('event');
        if (event !== undefined) onEvent({ event, data: JSON.parse(field('data') ?? 'null') });
      }
    }
  };
  const timer = setInterval(() => {
    const now = Date.now();
    if (downAt === 0 && now - heard > SILENT) onLink('stale', heard);
    // The other side may be gone without a word, and then no read ever ends.
    if (now - Math.max(heard, began) > SILENT) connection.abort();
  }, LOOK);
  void (async () => {
    while (!over) {
      const end = await turn().catch((error: unknown) => error);
      if (over) return;
      // Silent so far: a new connection tells whether it is lost.
      if (connection.signal.aborted && downAt === 0 && heard >= began) continue;
      downAt ||= Date.now();
      const no = end instanceof No ? end : undefined;
      const wait = no?.wait ?? retry;
      if (no?.refuses === true) onLink('refused', downAt, { message: no.message, ofToken: no.ofToken, again: Date.now() + wait });
      else onLink('lost', downAt);
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  })();
  return () => {
    over = true;
    clearInterval(timer);
    connection.abort();
  };
}

/** An answer that is no stream. */
class No extends Error {
  /** It is the viewer who is refused: asking as before does not help. */
  readonly refuses: boolean;
  readonly ofToken: boolean;
  /** How long to wait before asking again, ms; undefined: as after any loss. */
  readonly wait: number | undefined;

  constructor(message: string, refuses: boolean, ofToken: boolean, wait: number | undefined) {
    super(message);
    this.refuses = refuses;
    this.ofToken = ofToken;
    this.wait = wait;
  }
}

async function readNo(answer: Response): Promise<No> {
  const problem = asProblem(await answer.json().catch(() => undefined));
  const { status } = answer;
  const refuses = (status >= 400 && status < 500) || problem?.type === '/problems/too-many-streams';
  const seconds = Number(answer.headers.get('retry-after') ?? Number.NaN);
  const wait = seconds > 0 ? seconds * 1_000 : refuses ? REFUSED : undefined;
  const ofToken = status === 401 || problem?.type === '/problems/token-refused';
  return new No(problem?.detail ?? `the controller answered ${status}`, refuses, ofToken, wait);
}
