import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.js';
import { follow } from './follow.js';

/** The register of controllers. */
export interface Register {
  /** Says that this one lives; false when another process holds its id. */
  beat(abort: AbortSignal): Promise<boolean>;
  /** Ids of all who live, with the index to wait beyond. */
  list(index: number, abort: AbortSignal): Promise<{ readonly members: readonly string[]; readonly index: number }>;
}

/** Consul drops a member twice the TTL of its session after it was last heard of: six beats may be lost. */
const BEATS_PER_TTL = 3;

/** Keeps this controller registered, and tells who is there whenever that changes. */
export class Attendance {
  readonly #register: Register;
  readonly #onMembers: (members: readonly string[]) => void;
  readonly #onHeld: (held: boolean, why: string) => void;
  readonly #every: number;
  #members: readonly string[] = [];
  #held = false;
  #why = '';

  /** `ttl`: of the session, ms. */
  constructor(
    register: Register,
    onMembers: (members: readonly string[]) => void,
    onHeld: (held: boolean, why: string) => void,
    ttl: number,
  ) {
    this.#every = ttl / BEATS_PER_TTL;
    this.#register = register;
    this.#onMembers = onMembers;
    this.#onHeld = onHeld;
  }

  /** Whether the register took the last beat. */
  get held(): boolean {
    return this.#held;
  }

  /** Who lives, as last heard. */
  get members(): readonly string[] {
    return this.#members;
  }

  /** Works until `abort`. */
  async run(abort: AbortSignal, onTrouble: (error: Error) => void): Promise<void> {
    await Promise.all([this.#beat(abort, onTrouble), follow((index) => this.#look(index, abort), abort, { onTrouble })]);
  }

  async #beat(abort: AbortSignal, onTrouble: (error: Error) => void): Promise<void> {
    const backoff = new Backoff(250, this.#every);
    while (!abort.aborted) {
      let pause = this.#every;
      try {
        const held = await this.#register.beat(abort);
        this.#hold(held, held ? '' : 'another process is registered under this id');
        if (held) backoff.reset();
        else pause = backoff.next();
      } catch (error) {
        if (abort.aborted) break;
        this.#hold(false, (error as Error).message);
        onTrouble(error as Error);
        pause = backoff.next();
      }
      await sleep(pause, undefined, { signal: abort }).catch(() => undefined);
    }
  }

  #hold(held: boolean, why: string): void {
    if (held !== this.#held || (!held && why !== this.#why)) this.#onHeld(held, why);
    this.#held = held;
    this.#why = why;
  }

  async #look(index: number, abort: AbortSignal): Promise<number> {
    const { members, index: next } = await this.#register.list(index, abort);
    const sorted = [...members].sort();
    if (sorted.join('\n') !== this.#members.join('\n')) {
      this.#members = sorted;
      this.#onMembers(sorted);
    }
    return next;
  }
}
