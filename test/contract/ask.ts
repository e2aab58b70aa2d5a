/** A booted Consul, real or not. */
export interface Booted {
  readonly address: string;
  stop(): Promise<void>;
}

/** An answer, read to its end. `json` throws where the text is none. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  readonly index: number;
  // biome-ignore lint/suspicious/noExplicitAny: answers are poked at by path, and a wrong shape fails the assertion
  readonly json: any;
}

/** Sends a request; a body that is not a string goes as JSON. */
export type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Asks the Consul at this address. */
export function askAt(address: string): Ask {
  return async (method, path, body) => {
    const text = body === undefined || typeof body === 'string' ? (body ?? null) : JSON.stringify(body);
    const response = await fetch(address + path, { method, body: text });
    const answer = await response.text();
    return {
      status: response.status,
      text: answer,
      headers: response.headers,
      index: Number(response.headers.get('x-consul-index') ?? 0),
      get json() {
        return JSON.parse(answer);
      },
    };
  };
}

/** What a promise has given after `ms`, or `still waiting`. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T | 'still waiting'> {
  return Promise.race([promise, new Promise<'still waiting'>((resolve) => setTimeout(() => resolve('still waiting'), ms))]);
}
