import { formatDuration } from '../core/duration.js';
import { toldFollowing } from '../core/following.js';
import type { Clock, HeldLock } from '../ports.js';
import type { Turn } from './pilot.js';

const EVERY = 1_000;
/** A beat that has no answer for so long: Consul does not answer, ms. */
const SILENCE = 3_000;

/** Tells the others with every beat what this driver sees, and knows by the answers whether Consul is there. */
export class Heartbeat {
  readonly #lock: HeldLock;
  readonly #clock: Clock;
  #askedAt = 0;
  #isAsking = false;
  #answeredAt: number;
  #failure: string | undefined;

  constructor(lock: HeldLock, clock: Clock) {
    this.#lock = lock;
    this.#clock = clock;
    this.#answeredAt = clock.now();
  }

  /** One beat a second, one at a time. */
  beat({ seen, why, wakeAt, now }: Turn): void {
    if (this.#isAsking || now < this.#askedAt + EVERY) return;
    this.#askedAt = now;
    this.#isAsking = true;
    const { findings, observed, coverage, following } = seen;
    const shares = {
      ...(observed === undefined ? {} : { observed }),
      ...(coverage === undefined ? {} : { coverage }),
      ...(following === undefined ? {} : { following: toldFollowing(following) }),
    };
    const live = { why, wakeAt, findings, ...shares };
    // A lost lock, or a beat that fails, is no reason to stop: whoever takes over writes its own name into the record, and that is.
    this.#lock
      .beat(live)
      .then(
        () => {
          this.#answeredAt = this.#clock.now();
          this.#failure = undefined;
        },
        (error: Error) => {
          this.#failure = error.message;
        },
      )
      .finally(() => {
        this.#isAsking = false;
      });
  }

  /** Why Consul cannot be reached now, and how old what it said is; undefined while it answers. */
  trouble(): string | undefined {
    const isSilent = this.#isAsking && this.#clock.now() > this.#askedAt + SILENCE;
    if (this.#failure === undefined && !isSilent) return undefined;
    return `${this.#failure ?? 'Consul does not answer'}; ${this.age()}`;
  }

  /** How old what Consul said is, for people. */
  age(): string {
    return `what it said is ${formatDuration(this.#clock.now() - this.#answeredAt)} old`;
  }
}
