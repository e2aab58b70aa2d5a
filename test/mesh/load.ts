import { Agent, get } from 'node:http';

/** One request: when its answer came (ms since the epoch), and what it was. Status 0: no answer. */
export interface Outcome {
  readonly at: number;
  readonly status: number;
  /** The version that answered, where an application did. */
  readonly version?: string;
  /** Cookies that the answer sets. */
  readonly cookies?: readonly string[];
  readonly error?: string;
}

/** What traffic to make: requests a second over at most so many kept-alive connections. */
export interface LoadOptions {
  readonly url: string;
  readonly rps: number;
  readonly connections?: number;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** How long an answer is waited for, in ms; half a minute by default. */
  readonly patience?: number;
}

/** Running traffic. */
export interface Load {
  /** What was answered so far. */
  results(): readonly Outcome[];
  /** Sends no more, waits for the answers that are due, and gives them all. */
  stop(): Promise<readonly Outcome[]>;
}

const TICK_MS = 5;
const VERSION = /"version":"([^"]*)"/;

/** Starts open-loop traffic: requests leave by the clock, whether earlier ones are answered or not, so slow answers cannot thin it out. */
export function startLoad({ url, rps, connections = 16, headers = {}, patience }: LoadOptions): Load {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, maxFreeSockets: connections, scheduling: 'fifo' });
  const outcomes: Outcome[] = [];
  const open = new Set<Promise<void>>();
  const started = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - started) * rps) / 1_000);
    for (; sent < due; sent++) {
      const one = ask(url, agent, headers, patience).then((outcome) => {
        outcomes.push(outcome);
        open.delete(one);
      });
      open.add(one);
    }
  }, TICK_MS);
  return {
    results: () => outcomes,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(open);
      agent.destroy();
      return outcomes;
    },
  };
}

/** One request on a connection of its own; resolves whatever happens. */
export function send(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Outcome> {
  return ask(url, new Agent(), headers);
}

function ask(url: string, agent: Agent, headers: Readonly<Record<string, string>>, patience = 30_000): Promise<Outcome> {
  return new Promise((resolve) => {
    const lost = (error: Error): void => resolve({ at: Date.now(), status: 0, error: error.message });
    const request = get(url, { agent, headers, timeout: patience }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', lost);
      response.on('end', () => {
        const version = VERSION.exec(body)?.[1];
        const cookies = response.headers['set-cookie'];
        const outcome = { at: Date.now(), status: response.statusCode ?? 0, ...(cookies === undefined ? {} : { cookies }) };
        resolve(version === undefined ? { ...outcome, error: body.slice(0, 200) } : { ...outcome, version });
      });
    });
    request.on('timeout', () => request.destroy(new Error(`no answer in ${patience} ms`)));
    request.on('error', lost);
  });
}
