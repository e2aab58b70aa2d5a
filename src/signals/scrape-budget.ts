/** How many metrics pages may be read: a second in all, and a second from one caller. */
export interface ScrapeLimits {
  readonly perSecond: number;
  readonly perCaller: number;
}

/** The limits where nobody sets others: ten looks a second at up to fifty callers, more callers less often. */
export const SCRAPE_LIMITS: ScrapeLimits = { perSecond: 500, perCaller: 10 };

/** What reading a page took: ms, its characters, and whether an application's own numbers were on it. */
export interface PageCost {
  readonly ms: number;
  readonly size: number;
  readonly merged: boolean;
}

/** Each caller's turn comes a little later than all could be read, so that none waits for ever behind the others. */
const TURN = 0.8;
/** A caller that nobody asked for during this time takes no part any more, ms. */
const FORGOTTEN = 10_000;

/** A page that takes longer is slow, ms, and is read for at most a twentieth of the time. */
const SLOW = 100;
const REST = 20;
/** A larger page is read as often as comes to a megabyte a second. */
const LARGE = 256 * 1024;
const BYTES_PER_MS = 1_000;
/** The application behind a merged page works for each reading: it is asked as often as a gentle Prometheus would. */
const MERGED_EVERY = 2_000;
const LONGEST = 10_000;

interface Share {
  nextAt: number;
  askedAt: number;
  pause: number;
  tookBefore: number;
}

/** Divides the pages that may be read among the callers, each in its turn. Times in ms by the clock that is given. */
export class ScrapeBudget {
  readonly #limits: ScrapeLimits;
  readonly #now: () => number;
  readonly #shares = new Map<string, Share>();
  #known = 0;
  #countedAt = Number.NEGATIVE_INFINITY;
  /** When pages were read within the last second, ms. */
  readonly #taken: number[] = [];

  constructor(now: () => number, limits: ScrapeLimits = SCRAPE_LIMITS) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Whether this caller's page may be read now; that counts as read. */
  take(address: string): boolean {
    const now = this.#now();
    const share = this.#shareOf(address, now);
    share.askedAt = now;
    if (now < share.nextAt) return false;
    while (this.#taken.length > 0 && now - this.#taken[0]! >= 1_000) this.#taken.shift();
    if (this.#taken.length >= this.#limits.perSecond) return false;
    this.#taken.push(now);
    const every = this.every(address);
    share.nextAt = Math.max(share.nextAt, now - every) + every;
    return true;
  }

  /** How far two readings of this caller lie apart, ms. */
  every(address: string): number {
    const { perSecond, perCaller } = this.#limits;
    const pause = this.#shares.get(address)?.pause ?? 0;
    return Math.max(1_000 / perCaller, (this.#known * 1_000) / (perSecond * TURN), pause);
  }

  /** What its reading took, by which the next ones are spread. */
  note(address: string, cost: PageCost): void {
    const share = this.#shareOf(address, this.#now());
    const pause = pauseOf(cost, share.tookBefore, this.every(address));
    share.tookBefore = cost.ms;
    share.nextAt += Math.max(0, pause - share.pause);
    share.pause = pause;
  }

  #shareOf(address: string, now: number): Share {
    let share = this.#shares.get(address);
    if (share === undefined) {
      share = { nextAt: now, askedAt: now, pause: 0, tookBefore: 0 };
      this.#shares.set(address, share);
      this.#known = this.#shares.size;
    }
    if (now - this.#countedAt >= 1_000) this.#forget(now);
    return share;
  }

  #forget(now: number): void {
    this.#countedAt = now;
    for (const [address, { askedAt }] of this.#shares) if (now - askedAt > FORGOTTEN) this.#shares.delete(address);
    this.#known = this.#shares.size;
  }
}

/** One slow reading may be ours; two in a row are the caller's, unless this machine is short of time: so what is slow doubles the pause, and no hiccup makes it blind. */
function pauseOf({ ms, size, merged }: PageCost, before: number, every: number): number {
  const slow = Math.min(ms, before);
  return Math.min(
    LONGEST,
    Math.max(
      slow > SLOW ? Math.min(slow * REST, 2 * every) : 0,
      size > LARGE ? size / BYTES_PER_MS : 0,
      merged ? MERGED_EVERY : 0,
    ),
  );
}
