import { keepsEvidence, type LogEntry } from '../core/history.js';
import type { Plan } from '../core/plan.js';
import type { DecisionLog } from '../ports.js';

/** A decision log that calls back whenever it has got what may be news; saved evidence is none, and there is much of it. */
export class ToldLog implements DecisionLog {
  readonly #log: DecisionLog;
  readonly #onNews: (service: string, rollout: string) => void;
  readonly #last = new Map<string, LogEntry>();

  constructor(log: DecisionLog, onNews: (service: string, rollout: string) => void) {
    this.#log = log;
    this.#onNews = onNews;
  }

  recordPlan(service: string, rollout: string, digest: string, plan: Plan, source: string): Promise<void> {
    return this.#log.recordPlan(service, rollout, digest, plan, source);
  }

  async log(service: string, rollout: string, entries: readonly LogEntry[]): Promise<void> {
    await this.#log.log(service, rollout, entries);
    const last = this.#last.get(service);
    const news = entries.some((entry, i) => !keepsEvidence(entry, i === 0 ? last : entries[i - 1]));
    const end = entries.at(-1);
    if (end !== undefined) this.#last.set(service, end);
    if (news) this.#onNews(service, rollout);
  }
}
