import type { ConsulKv } from './kv.js';

/** A small key that tells the controllers which service a command has just changed. Nothing rests on it: their lists tell the same a little later. */
export class Doorbell {
  readonly #kv: ConsulKv;
  readonly #key: string;
  #rings = 0;

  constructor(kv: ConsulKv, prefix: string) {
    this.#kv = kv;
    this.#key = `${prefix.replace(/\/*$/, '/')}doorbell`;
  }

  /** Rings for a service; the index of the key tells one ring from the next. */
  async ring(service: string): Promise<void> {
    await this.#kv.set(this.#key, JSON.stringify({ service, ring: `${process.pid}-${++this.#rings}-${Date.now()}` }));
  }

  /** The service that was rung for last, with the index to wait beyond. */
  async listen(index: number, abort: AbortSignal): Promise<{ readonly service: string | undefined; readonly index: number }> {
    const { found, index: next } = await this.#kv.read(this.#key, { index, abort });
    return { service: found === undefined ? undefined : serviceIn(found.value), index: next };
  }
}

function serviceIn(value: string): string | undefined {
  try {
    const { service } = JSON.parse(value) as { readonly service?: unknown };
    return typeof service === 'string' ? service : undefined;
  } catch {
    return undefined;
  }
}
