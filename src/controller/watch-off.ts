import { setTimeout as sleep } from 'node:timers/promises';
import { type OffCanary, offCanaryOf, type SentLook, type Standings, standAfter, type TakenBack } from '../core/off-canary.js';
import type { Clock } from '../ports.js';

/** How long to look at callers after a revert, and the pause between two looks, ms. */
export interface OffWatch {
  readonly patience: number;
  readonly every: number;
}

/** Looks until every caller that can be read is known to be off the subset, the time is over, or `abort` fires; gives the last verdict, undefined where no caller can be read. Never throws. */
export async function watchOff(
  taken: TakenBack,
  look: () => Promise<SentLook>,
  { patience, every }: OffWatch,
  clock: Clock,
  abort: AbortSignal,
): Promise<OffCanary | undefined> {
  const until = clock.now() + patience;
  let standings: Standings = new Map();
  for (;;) {
    const seen = await look();
    standings = standAfter(standings, seen, taken);
    const verdict = offCanaryOf(taken, standings, seen.unread);
    if (verdict === undefined || verdict.off === true || clock.now() >= until || abort.aborted) return verdict;
    await sleep(every, undefined, { signal: abort }).catch(() => undefined);
  }
}
