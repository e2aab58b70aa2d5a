import { type BulkheadPolicy, bulkhead } from 'cockatiel';
import type { Plan } from '../core/plan.js';
import { raiseAlarm } from './alarm.js';
import { NoticeLane, type NoticeParts, type Turns } from './notice-lane.js';
import { keyOf } from './notice-places.js';
import type { Stuck } from './overdue.js';

/** How many services ask Consul at once, how many messages are under way in all, and how many of these to one receiver. */
const READING = 8;
const SENDING = 32;
const SENDING_TO_ONE = 4;
const LAST_MOMENT = 3_000;

/** Tells the plans' channels what the decision logs say: at least once, in order for each service and channel, beside everything else. */
export class Notices {
  readonly #parts: NoticeParts;
  readonly #turns: Turns = new BoundedTurns();
  readonly #stop = new AbortController();
  readonly #lanes = new Map<string, { readonly lane: NoticeLane; readonly done: Promise<void> }>();

  constructor(parts: NoticeParts) {
    this.#parts = parts;
  }

  /** There may be more to tell of this service, whose present rollout follows this plan. Returns at once; safe to call as often as one likes. */
  wake(service: string, rollout: string, plan: Plan): void {
    if (this.#stop.signal.aborted) return;
    for (const channel of plan.notify ?? []) {
      const key = `${service}/${keyOf(channel)}`;
      const known = this.#lanes.get(key);
      if (known !== undefined) {
        known.lane.ask(channel, rollout);
        continue;
      }
      const lane = new NoticeLane(this.#parts, this.#turns, service, channel, rollout, this.#stop.signal);
      this.#lanes.set(key, { lane, done: lane.run(() => this.#lanes.delete(key)) });
    }
  }

  /** Tells at once, past every log, that traffic cannot be taken back; what has been said of the rollout before is not waited for. */
  alarm(stuck: Stuck): void {
    void raiseAlarm(stuck, this.#parts, this.#stop.signal);
  }

  /** Waits so many ms at most until everything is told, then ends; the names of what has not been told everything. */
  async stop(patience = 0): Promise<readonly string[]> {
    await this.#idle(patience);
    const left = [...this.#lanes.values()].map(({ lane }) => lane.name);
    this.#stop.abort();
    await this.#idle(LAST_MOMENT);
    return left;
  }

  async #idle(ms: number): Promise<void> {
    const all = Promise.all([...this.#lanes.values()].map(({ done }) => done));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([all, late]);
    clearTimeout(timer);
  }
}

class BoundedTurns implements Turns {
  readonly #reads = bulkhead(READING, Number.POSITIVE_INFINITY);
  readonly #sends = bulkhead(SENDING, Number.POSITIVE_INFINITY);
  readonly #receivers = new Map<string, BulkheadPolicy>();

  reading<T>(work: () => Promise<T>): Promise<T> {
    return this.#reads.execute(work);
  }

  sending<T>(channel: string, work: () => Promise<T>): Promise<T> {
    const receiver = this.#receivers.get(channel) ?? bulkhead(SENDING_TO_ONE, Number.POSITIVE_INFINITY);
    this.#receivers.set(channel, receiver);
    return receiver.execute(() => this.#sends.execute(work));
  }
}
