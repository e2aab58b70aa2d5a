import { setTimeout as sleep } from 'node:timers/promises';
import { type Draining, drainingOf, type InFlight, LOOKS_APART, SETTLED } from '../core/draining.js';
import type { Clock } from '../ports.js';

/** How long to look at a subset that was promoted away. Times in ms. */
export interface DrainWatch {
  readonly subset: string;
  /** When it was promoted away. */
  readonly since: number;
  /** Looks again for so long until it is drained; 0: once. */
  readonly patience: number;
  /** Between two verdicts; at least the time between two looks. */
  readonly every: number;
}

/** Looks until the subset is drained, nobody can tell though nothing is seen on it, its time is over, or `abort` fires; gives the last verdict. Never throws. */
export async function watchDrain(
  { subset, since, patience, every }: DrainWatch,
  look: () => Promise<InFlight>,
  clock: Clock,
  abort: AbortSignal,
): Promise<Draining> {
  const pause = (ms: number): Promise<unknown> => sleep(Math.max(0, ms), undefined, { signal: abort }).catch(() => undefined);
  await pause(since + SETTLED - clock.now());
  const until = clock.now() + patience;
  for (;;) {
    const first = await look();
    await pause(LOOKS_APART);
    const verdict = drainingOf(subset, first, await look());
    const isBusy = verdict.drained === false || (verdict.inFlight ?? 0) > 0;
    if (!isBusy || clock.now() >= until || abort.aborted) return verdict;
    await pause(every - LOOKS_APART);
  }
}
