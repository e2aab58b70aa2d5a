import type { Clock } from '../ports.js';
import { DueQueue } from './due-queue.js';

/** Turns that run at once. Most wait for a signal; how many requests Consul gets at once, its client bounds. */
const AT_ONCE = 256;
/** Node's timers take 31 bits. */
const LONGEST = 3_600_000;

/** Gives each key its turn when it is due: one turn of a key at a time, a bounded number of keys at once. */
export class Turns {
  readonly #clock: Clock;
  readonly #turn: (key: string) => Promise<number | undefined>;
  readonly #onLag: (ms: number) => void;
  readonly #queue = new DueQueue();
  readonly #running = new Map<string, { rung: boolean }>();
  readonly #idle: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #turnedAt: number;

  /** `turn` gives when it wants the next one; undefined: never, until it is rung for. It does not throw. */
  constructor(clock: Clock, turn: (key: string) => Promise<number | undefined>, onLag: (ms: number) => void) {
    this.#clock = clock;
    this.#turn = turn;
    this.#onLag = onLag;
    this.#turnedAt = clock.now();
  }

  /** Makes the key due now, or at a given time if that is sooner than what it has. */
  ring(key: string, at = this.#clock.now()): void {
    const running = this.#running.get(key);
    if (running !== undefined) running.rung ||= at <= this.#clock.now();
    else this.#queue.bring(key, at);
    this.#arm();
  }

  /** Takes the key out; a turn that runs is ended by itself. */
  forget(key: string): void {
    this.#queue.remove(key);
  }

  /** When the last turn began, or the queue was last found with nothing due. */
  get turnedAt(): number {
    return this.#running.size === 0 && (this.#queue.next ?? Number.POSITIVE_INFINITY) > this.#clock.now()
      ? this.#clock.now()
      : this.#turnedAt;
  }

  /** Begins no further turn; resolves when those that run have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (this.#running.size > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #arm(): void {
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { next } = this.#queue;
    if (next === undefined || this.#running.size >= AT_ONCE) return;
    this.#timer = setTimeout(() => this.#start(), Math.max(0, Math.min(next - this.#clock.now(), LONGEST)));
  }

  #start(): void {
    const now = this.#clock.now();
    while (this.#running.size < AT_ONCE) {
      const due = this.#queue.take(now);
      if (due === undefined) break;
      this.#turnedAt = now;
      this.#onLag(now - due.at);
      void this.#run(due.key);
    }
    this.#arm();
  }

  async #run(key: string): Promise<void> {
    const running = { rung: false };
    this.#running.set(key, running);
    const next = await this.#turn(key);
    this.#running.delete(key);
    if (running.rung) this.#queue.set(key, this.#clock.now());
    else if (next !== undefined) this.#queue.set(key, next);
    if (this.#running.size === 0) for (const resolve of this.#idle.splice(0)) resolve();
    this.#arm();
  }
}
