import { Agent, request } from 'node:http';
import { META_PREFIX } from '../../src/core/record.js';

/** Requests to Consul with nothing around them: one connection pool, JSON in and out. */
export class BareClient {
  readonly #address: string;
  readonly #agent: Agent;

  constructor(address: string, connections: number) {
    this.#address = address;
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  /** The body of an answer as JSON; rejects with Consul's words on anything but 200. */
  get(path: string): Promise<unknown> {
    return this.#call('GET', path, undefined);
  }

  /** Sends JSON; gives the answer's body as JSON. */
  put(path: string, body: unknown): Promise<unknown> {
    return this.#call('PUT', path, JSON.stringify(body));
  }

  /** Closes the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, body: string | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const call = request(`${this.#address}${path}`, { method, agent: this.#agent }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(parts).toString();
          if (response.statusCode === 200) resolve(text === '' ? undefined : JSON.parse(text));
          else reject(new Error(`${method} ${path}: ${response.statusCode} ${text}`));
        });
      });
      call.on('error', reject);
      call.end(body);
    });
  }
}

/** What a bare loop reached: compare-and-set PUTs a second, each after a read of the index. */
export async function measureBare(address: string, names: readonly string[], connections: number, ms: number): Promise<number> {
  const client = new BareClient(address, connections);
  const began = performance.now();
  let [next, puts] = [0, 0];
  const work = async (): Promise<void> => {
    while (performance.now() - began < ms) {
      const path = `/v1/config/service-splitter/${names[next++ % names.length]!}`;
      const { CreateIndex: _, ModifyIndex, Hash: __, ...entry } = (await client.get(path)) as Stored;
      const seq = `${META_PREFIX}seq`;
      const changed = { ...entry, Meta: { ...entry.Meta, [seq]: String(Number(entry.Meta[seq]) + 1) } };
      if ((await client.put(`/v1/config?cas=${ModifyIndex}`, changed)) !== true)
        throw new Error(`${path}: somebody else wrote it`);
      puts++;
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, work));
    return puts / ((performance.now() - began) / 1_000);
  } finally {
    client.close();
  }
}

interface Stored {
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
  readonly Hash?: number;
  readonly Meta: Readonly<Record<string, string>>;
}
