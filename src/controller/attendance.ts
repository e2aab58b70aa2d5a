import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports.js';
import { Backoff } from './backoff.js';
import { follow } from './follow.js';

/** A registered controller, and the number of its last beat. */
export interface Beating {
  readonly id: string;
  readonly beat: number;
}

/** The register of controllers. */
export interface Register {
  /** Says that this one lives; false when another process holds its id. */
  beat(abort: AbortSignal): Promise<boolean>;
  /** All who are registered, with what changes at each of their beats, and the index to wait beyond. */
  list(index: number, abort: AbortSignal): Promise<{ readonly members: readonly Beating[]; readonly index: number }>;
}

/** Consul drops a member twice the TTL of its session after it was last heard of: six beats may be lost. */
const BEATS_PER_TTL = 3;
/** Whoever has missed so many beats counts as gone already: what it still writes loses to the record's index. */
const MISSED = 3;

/** Keeps this controller registered, and tells who is there whenever that changes. */
export class Attendance {
  readonly #register: Register;
  readonly #onMembers: (members: readonly string[]) => void;
  readonly #onHeld: (held: boolean, why: string) => void;
  readonly #every: number;
  readonly #self: string;
  readonly #clock: Clock;
  #heard = new Map<string, { readonly beat: number; readonly at: number }>();
  #members: readonly string[] = [];
  #held = false;
  #heldSince = Number.POSITIVE_INFINITY;
  #why = '';

  /** `self` is this controller's id, `ttl` that of the session, ms. */
  constructor(
    { self, ttl, clock }: { readonly self: string; readonly ttl: number; readonly clock: Clock },
    register: Register,
    onMembers: (members: readonly string[]) => void,
    onHeld: (held: boolean, why: string) => void,
  ) {
    this.#every = ttl / BEATS_PER_TTL;
    this.#self = self;
    this.#clock = clock;
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
    if (held && !this.#held) this.#heldSince = this.#clock.now();
    this.#held = held;
    this.#why = why;
  }

  async #look(index: number, abort: AbortSignal): Promise<number> {
    const { members, index: next } = await this.#register.list(index, abort);
    const now = this.#clock.now();
    this.#heard = new Map(
      members.map(({ id, beat }) => {
        const known = this.#heard.get(id);
        return [id, known?.beat === beat ? known : { beat, at: now }];
      }),
    );
    const alive = [...this.#heard.keys()].filter((id) => !this.#isSilent(id, now)).sort();
    if (alive.join('\n') !== this.#members.join('\n')) {
      this.#members = alive;
      this.#onMembers(alive);
    }
    return next;
  }

  /** Consul keeps the key of one that died for up to 20 s. While nobody can beat, nobody is missed. */
  #isSilent(id: string, now: number): boolean {
    const at = this.#heard.get(id)?.at ?? now;
    return this.#held && id !== this.#self && now - Math.max(at, this.#heldSince) > MISSED * this.#every;
  }
}
