import { Agent } from 'node:http';
import { scrape } from './scrape.js';

/** Callers to hold connections to at once; each needs one. */
const IDLE_CONNECTIONS = 1_024;
/** A page whose reading began so recently is taken as present, ms. */
const FRESH = 50;

const SERVICE = 'consul_destination_service="';

/** One metrics page of a sidecar, divided among the services that it calls. */
export class Page {
  /** All of it. */
  readonly text: string;
  #lines: ReadonlyMap<string, string> | undefined;

  /** Throws when the text is not Envoy's. */
  constructor(text: string) {
    const start = text.trimStart();
    if (start !== '' && !start.startsWith('#') && !start.startsWith('envoy_'))
      throw new Error('the answer is no metrics page of Envoy');
    this.text = text;
  }

  /** The lines about one service; empty when there are none. */
  linesOf(service: string): string {
    this.#lines ??= divide(this.text);
    return this.#lines.get(service) ?? '';
  }
}

/** The metrics pages of all sidecars: one request and one reading for all rollouts that look at the same moment. */
export class Pages {
  readonly #agent = new Agent({ keepAlive: true, maxFreeSockets: IDLE_CONNECTIONS });
  readonly #now: () => number;
  readonly #last = new Map<string, { readonly at: number; readonly page: Promise<Page> }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The page at this address as it is now. Throws a short sentence when it cannot be read. */
  read(url: string): Promise<Page> {
    const at = this.#now();
    const last = this.#last.get(url);
    if (last !== undefined && Math.abs(at - last.at) < FRESH) return last.page;
    const page = scrape(url, this.#agent).then((text) => new Page(text));
    const reading = { at, page };
    this.#last.set(url, reading);
    // Kept only as long as it is present: a page is large, and its sidecar may be gone tomorrow.
    const drop = (): void => {
      setTimeout(() => {
        if (this.#last.get(url) === reading) this.#last.delete(url);
      }, FRESH).unref();
    };
    page.then(drop, drop);
    return page;
  }
}

function divide(text: string): ReadonlyMap<string, string> {
  const parts = new Map<string, string[]>();
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline === -1 ? text.length : newline;
    const line = text.slice(from, to);
    const label = line.indexOf(SERVICE);
    if (label !== -1 && !line.startsWith('#')) {
      const start = label + SERVICE.length;
      const service = line.slice(start, line.indexOf('"', start));
      const own = parts.get(service);
      if (own === undefined) parts.set(service, [line]);
      else own.push(line);
    }
    from = to + 1;
  }
  return new Map([...parts].map(([service, lines]) => [service, lines.join('\n')]));
}
