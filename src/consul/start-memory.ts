import type { StartMemory } from '../core/schedule/start.js';
import type { StartMemories } from '../ports.js';
import type { ConsulKv } from './kv.js';

/** What is remembered of scheduled starts: `schedules/<service>` in KV. */
export class StartMemoryKeys implements StartMemories {
  readonly #kv: ConsulKv;
  readonly #prefix: string;

  constructor(kv: ConsulKv, prefix: string) {
    this.#kv = kv;
    this.#prefix = `${prefix.replace(/\/*$/, '/')}schedules/`;
  }

  async readMemory(service: string): Promise<{ readonly memory: StartMemory | undefined; readonly index: number }> {
    const { found } = await this.#kv.read(this.#prefix + service);
    return { memory: found === undefined ? undefined : parse(found.value), index: found?.modifyIndex ?? 0 };
  }

  writeMemory(service: string, memory: StartMemory, index: number): Promise<boolean> {
    return this.#kv.write(this.#prefix + service, JSON.stringify(memory), index);
  }
}

/** What nobody can read is forgotten: the plan counts from now, so nothing that was due starts twice. */
function parse(value: string): StartMemory | undefined {
  try {
    const memory = JSON.parse(value) as StartMemory;
    return typeof memory.plan === 'string' && typeof memory.seenUntil === 'number' ? memory : undefined;
  } catch {
    return undefined;
  }
}
