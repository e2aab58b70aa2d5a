import { ExponentialBackoff } from 'cockatiel';
import { type Channel, describeChannel } from '../core/channel.js';
import type { Notice } from '../core/notice.js';
import type { Clock, Histories, NoticePlaces, Notifier, Sent } from '../ports.js';
import { keyOf, moveOn } from './notice-places.js';
import { OutstandingNotices } from './outstanding.js';

/** What telling needs. `say` gets one line for people, and the channel's kind, whenever something cannot be told. */
export interface NoticeParts {
  readonly histories: Histories;
  readonly places: NoticePlaces;
  readonly notifier: Notifier;
  readonly clock: Clock;
  readonly say: (line: string, channel: Channel['kind']) => void;
}

/** Whose turn it is to ask Consul, and to send: so that many services at once are no storm. */
export interface Turns {
  reading<T>(work: () => Promise<T>): Promise<T>;
  sending<T>(channel: string, work: () => Promise<T>): Promise<T>;
}

/** A notice that could not be delivered for so long is given up. */
const GIVE_UP = 24 * 3_600_000;
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 300_000;
const LOOK_AGAIN = 1_000;

/** One channel of one service, told in order and one notice at a time; it keeps its place while it fails, and holds up nobody else. */
export class NoticeLane {
  readonly service: string;
  readonly #parts: NoticeParts;
  readonly #turns: Turns;
  readonly #abort: AbortSignal;
  readonly #key: string;
  readonly #outstanding: OutstandingNotices;
  #channel: Channel;
  #rollout: string;
  #asked = true;
  #failing = false;
  #backoff: ReturnType<ExponentialBackoff<unknown>['next']> | undefined;
  #ring: () => void = () => undefined;

  constructor(parts: NoticeParts, turns: Turns, service: string, channel: Channel, rollout: string, abort: AbortSignal) {
    this.service = service;
    this.#parts = parts;
    this.#turns = turns;
    this.#abort = abort;
    this.#key = keyOf(channel);
    this.#outstanding = new OutstandingNotices(parts, service, this.#key);
    this.#channel = channel;
    this.#rollout = rollout;
  }

  /** The lane for people. */
  get name(): string {
    return `${describeChannel(this.#channel)} of ${this.service}`;
  }

  /** There may be more to tell; a pause after a failure ends, unless the receiver has asked for it. */
  ask(channel: Channel, rollout: string): void {
    this.#asked = true;
    this.#channel = channel;
    // A wake may come late: what has begun since is the present rollout.
    if (rollout > this.#rollout) this.#rollout = rollout;
    this.#ring();
  }

  /** Tells until there is nothing left; `idle` is called in the very moment in which nobody has asked for more. Never rejects. */
  async run(idle: () => void): Promise<void> {
    while (this.#asked && !this.#abort.aborted) {
      this.#asked = false;
      const pause = await this.#tell().catch((error: Error) => this.#fail(error.message));
      if (pause === undefined) continue;
      this.#asked = true;
      await this.#sleep(pause);
    }
    idle();
  }

  /** Tells what it finds; the pause to look again after, undefined when nothing is left. */
  async #tell(): Promise<Pause | undefined> {
    const { notices, unsettled } = await this.#turns.reading(() => this.#outstanding.find(this.#channel, this.#rollout));
    for (const notice of notices) {
      const sent = await this.#turns.sending(this.#key, () => this.#send(notice));
      if (this.#abort.aborted && sent.kind !== 'sent') return undefined;
      const old = this.#parts.clock.now() - notice.at >= GIVE_UP;
      if (sent.kind === 'later' && !old) return this.#fail(sent.why, sent.after);
      if (sent.kind !== 'sent')
        this.#parts.say(
          `${this.name}: gave up telling it that "${notice.title}": ${sent.why}${old ? ', for a day' : ''}`,
          this.#channel.kind,
        );
      this.#failing = false;
      this.#backoff = undefined;
      await moveOn(this.#parts.places, this.service, this.#key, notice);
    }
    if (notices.length > 0) return { ms: 0, firm: false };
    return unsettled ? { ms: LOOK_AGAIN, firm: false } : undefined;
  }

  async #send(notice: Notice): Promise<Sent> {
    if (this.#abort.aborted) return { kind: 'later', why: 'given up' };
    return this.#parts.notifier.send(notice, this.#channel, this.#abort);
  }

  /** Keeps its place for a growing pause; it is said once, until something arrives again. */
  #fail(why: string, after = 0): Pause {
    if (!this.#failing && !this.#abort.aborted)
      this.#parts.say(`${this.name}: cannot be told now: ${why}; it keeps its place and is tried again`, this.#channel.kind);
    this.#failing = true;
    const backoff = this.#backoff?.next(undefined) ?? new ExponentialBackoff(PAUSES).next();
    this.#backoff = backoff;
    return { ms: Math.max(after, backoff.duration), firm: after > 0 };
  }

  #sleep({ ms, firm }: Pause): Promise<void> {
    if (ms === 0 || this.#abort.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#abort.removeEventListener('abort', end);
        this.#ring = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      this.#abort.addEventListener('abort', end);
      if (!firm) this.#ring = end;
    });
  }
}

/** How long to wait; a firm pause is the receiver's own wish, and ends no sooner. */
interface Pause {
  readonly ms: number;
  readonly firm: boolean;
}

const PAUSES = { initialDelay: FIRST_PAUSE, maxDelay: LONGEST_PAUSE };
