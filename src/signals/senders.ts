import type { Called, Entrance } from '../core/entrances.js';
import type { MetricsAccess } from '../core/metrics-access.js';
import { countSent } from './envoy-metrics.js';
import { inTurns } from './in-turns.js';
import { type Page, Pages } from './pages.js';

/** Who has begun to send is looked for again after this time, ms. */
const REFRESH = 15_000;
/** What does not answer is not waited for longer, ms; it is known at the next look. */
const PATIENCE = 1_000;
const AT_ONCE = 16;
/** What Envoy has not used it does not show: a cluster that is named has been sent to. */
const SENT = `?usedonly&filter=${encodeURIComponent('upstream_(rq|cx)_total$')}`;

interface Look {
  readonly at: number;
  page: Page | undefined;
}

/** Which of those that only may call have been seen to: one look at a proxy's counters serves every service that asks. */
export class Senders {
  readonly #pages: Pages;
  readonly #now: () => number;
  readonly #looks = new Map<string, Look>();

  constructor(now: () => number) {
    this.#now = now;
    this.#pages = new Pages(now);
  }

  /** Those of the given entrances whose counters say that they sent something to the service. Never throws; takes a second at most. */
  async among(entrances: readonly Entrance[], target: Called): Promise<readonly Entrance[]> {
    const addresses = new Set(entrances.flatMap(({ address }) => address ?? []));
    const due = [...addresses].filter((address) => this.#isDue(address));
    if (due.length > 0)
      await within(
        PATIENCE,
        inTurns(due, AT_ONCE, (address) => this.#look(address, target.metrics)),
      );
    const has = (address: string): boolean => {
      const lines = this.#looks.get(address)?.page?.linesOf(target.service) ?? '';
      return lines !== '' && countSent(lines, target) !== undefined;
    };
    return entrances.filter(({ address }) => address !== undefined && has(address));
  }

  #isDue(address: string): boolean {
    const look = this.#looks.get(address);
    return look === undefined || Math.abs(this.#now() - look.at) >= REFRESH;
  }

  async #look(address: string, access: MetricsAccess | undefined): Promise<void> {
    const look: Look = { at: this.#now(), page: this.#looks.get(address)?.page };
    this.#looks.set(address, look);
    look.page = await this.#pages.read(address, SENT, access).then(
      ({ page }) => page,
      () => look.page,
    );
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work, over]);
  clearTimeout(timer);
}
