import { ownHeaders } from './api.js';

/** Whether what is shown is what is: `live`, `stale` (silent for too long), or `lost` (not connected). */
export type Link = 'live' | 'stale' | 'lost';

/** One event. */
export interface StreamEvent {
  readonly event: string;
  readonly data: unknown;
}

const SILENT = 40_000;
const LOOK = 1_000;

/** Follows the stream of events with the viewer's token until the returned function is called; comes back by itself and asks for what it missed. */
export function follow(
  query: string,
  onEvent: (event: StreamEvent) => void,
  onLink: (link: Link, since: number) => void,
): () => void {
  const stop = new AbortController();
  let [last, retry, heard, lostAt] = ['', 2_000, Date.now(), 0];
  const turn = async (): Promise<void> => {
    const headers = { ...ownHeaders(), ...(last === '' ? {} : { 'last-event-id': last }) };
    const answer = await fetch(`/v1/events${query}`, { headers, signal: stop.signal, cache: 'no-store', credentials: 'omit' });
    if (!answer.ok || answer.body === null) throw new Error(String(answer.status));
    lostAt = 0;
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
    if (lostAt > 0) onLink('lost', lostAt);
    else if (Date.now() - heard > SILENT) onLink('stale', heard);
  }, LOOK);
  void (async () => {
    while (!stop.signal.aborted) {
      await turn().catch(() => undefined);
      if (stop.signal.aborted) return;
      lostAt ||= Date.now();
      onLink('lost', lostAt);
      await new Promise((resolve) => setTimeout(resolve, retry));
    }
  })();
  return () => {
    clearInterval(timer);
    stop.abort();
  };
}
