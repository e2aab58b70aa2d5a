import { setTimeout as sleep } from 'node:timers/promises';
import type { Mesh } from '../ports.js';
import { Backoff } from './backoff.js';

/** Blocking queries that are open at once: Consul takes 200 connections from one address, and several controllers may share it. */
const SLOTS = 8;
/** With more services than slots each gets a slot for so long, in turn. */
const SHARE = '1s';
const ALL = '30s';
const EMPTY = 500;
/** What a first look, which is answered at once, waits when others want the slot too: as long as any other look takes. */
const FIRST = 1_000;

/** Watches the instances of many services with a bounded number of blocking queries: all at once where they fit, in turn where they do not. */
export class InstanceWatch {
  readonly #mesh: Pick<Mesh, 'watchInstances'>;
  readonly #onChange: (service: string) => void;
  readonly #indexes = new Map<string, number>();
  readonly #waiting = new Set<string>();
  readonly #urged = new Set<string>();
  /** Ends the long queries when there are suddenly more services than slots: the newcomers would wait for them. */
  #uncrowded = new AbortController();

  constructor(mesh: Pick<Mesh, 'watchInstances'>, onChange: (service: string) => void) {
    this.#mesh = mesh;
    this.#onChange = onChange;
  }

  /** Watches this service from now on. Whoever adds it counts its instances after, so that no change falls in between. */
  add(service: string): void {
    if (this.#indexes.has(service)) return;
    this.#indexes.set(service, 1);
    this.#waiting.add(service);
    if (this.#indexes.size !== SLOTS + 1) return;
    this.#uncrowded.abort();
    this.#uncrowded = new AbortController();
  }

  /** Says that somebody waits for this service's instances: it gets the next slot that is free. */
  urge(service: string): void {
    if (this.#waiting.has(service)) this.#urged.add(service);
  }

  /** Watches it no longer. */
  remove(service: string): void {
    this.#indexes.delete(service);
    this.#waiting.delete(service);
    this.#urged.delete(service);
  }

  /** Works until `abort`. */
  async run(abort: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: SLOTS }, () => this.#slot(abort)));
  }

  async #slot(abort: AbortSignal): Promise<void> {
    const backoff = new Backoff(250, 5_000);
    while (!abort.aborted) {
      const [service = this.#waiting.values().next().value] = this.#urged;
      const pause = service === undefined ? EMPTY : await this.#look(service, backoff, abort);
      if (pause > 0) await sleep(pause, undefined, { signal: abort }).catch(() => undefined);
    }
  }

  /** One blocking query; gives how long to wait before the next, ms. Failures are told by whoever counts the instances. */
  async #look(service: string, backoff: Backoff, abort: AbortSignal): Promise<number> {
    this.#waiting.delete(service);
    this.#urged.delete(service);
    const crowded = this.#indexes.size > SLOTS;
    const { signal } = this.#uncrowded;
    try {
      const index = this.#indexes.get(service) ?? 1;
      const end = crowded ? abort : AbortSignal.any([abort, signal]);
      const next = await this.#mesh.watchInstances(service, index, end, crowded ? SHARE : ALL);
      backoff.reset();
      if (!this.#indexes.has(service)) return 0;
      this.#indexes.set(service, next >= index && next > 0 ? next : 1);
      if (next !== index) this.#onChange(service);
      return crowded && index === 1 ? FIRST : 0;
    } catch {
      return !crowded && signal.aborted ? 0 : backoff.next();
    } finally {
      if (this.#indexes.has(service)) this.#waiting.add(service);
    }
  }
}
