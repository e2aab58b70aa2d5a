import { setTimeout as sleep } from 'node:timers/promises';
import { Backoff } from './backoff.js';

/** How a blocking query is followed. */
export interface FollowOptions {
  /** The least time between two reads, ms. */
  readonly pace?: () => number;
  readonly onTrouble?: (error: Error) => void;
  /** The index to begin beyond; default 1, which is answered at once. */
  readonly from?: number;
}

/** A key that is absent has the index of all keys: each write to any of them ends a blocking query for it. Reading it again is paced by so much, ms. */
export const ABSENT_KEY_PACE = 250;

const FIRST_RETRY = 250;
const LAST_RETRY = 5_000;

/**
 * Repeats a blocking query until `abort`: each `step` gets the index to wait beyond and gives the next one. Keeps Consul's rules for them
 * (developer.hashicorp.com/consul/api-docs/features/blocking): an index that goes back or is 0 starts over at 1; failures back off with jitter.
 */
export async function follow(
  step: (index: number) => Promise<number>,
  abort: AbortSignal,
  { pace = () => 0, onTrouble = () => undefined, from = 1 }: FollowOptions = {},
): Promise<void> {
  const backoff = new Backoff(FIRST_RETRY, LAST_RETRY);
  let index = from;
  while (!abort.aborted) {
    let pause: number;
    try {
      const next = await step(index);
      index = next >= index && next > 0 ? next : 1;
      backoff.reset();
      pause = pace();
    } catch (error) {
      if (abort.aborted) return;
      onTrouble(error as Error);
      index = 1;
      pause = backoff.next();
    }
    if (pause > 0) await sleep(pause, undefined, { signal: abort }).catch(() => undefined);
  }
}
