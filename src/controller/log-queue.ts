import type { LogEntry } from '../core/history.js';
import type { DecisionLog } from '../ports.js';

/** Entries on their way to the decision log of one rollout, in order; what cannot be written now is kept for the next try. */
export class LogQueue {
  readonly #log: DecisionLog;
  readonly #service: string;
  readonly #rollout: string;
  #waiting: readonly LogEntry[] = [];
  #flushing: Promise<void> | undefined;

  constructor(log: DecisionLog, service: string, rollout: string) {
    this.#log = log;
    this.#service = service;
    this.#rollout = rollout;
  }

  /** Queues an entry; nothing is sent yet. */
  add(entry: LogEntry): void {
    this.#waiting = [...this.#waiting, entry];
  }

  /** Whether something has not been written yet. */
  get pending(): boolean {
    return this.#waiting.length > 0;
  }

  /** Resolves when the log has everything; rejects when it cannot be written. */
  flush(): Promise<void> {
    this.#flushing ??= this.#send().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #send(): Promise<void> {
    while (this.#waiting.length > 0) {
      const entries = this.#waiting;
      await this.#log.log(this.#service, this.#rollout, entries);
      this.#waiting = this.#waiting.slice(entries.length);
    }
  }
}
