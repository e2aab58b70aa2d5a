import type { Snapshot, Watch } from './call.js';
import { parseNanoseconds } from './duration.js';
import { Failure } from './failure.js';
import type { State } from './state.js';

const DEFAULT_WAIT_MS = 5 * 60_000;
const LONGEST_WAIT_MS = 10 * 60_000;

/** What a reader asks for: to be held while the index is not above this one (0: not at all), and for how long. */
export interface Blocking {
  readonly index: number;
  readonly waitMs: number;
}

/** Reads `index` and `wait` of a query; 400 with Consul's words when one is malformed. */
export function readBlocking(query: URLSearchParams): Blocking {
  const index = query.get('index') ?? '';
  if (index !== '' && !/^\d+$/.test(index)) throw new Failure(400, 'Invalid index');
  const wait = query.get('wait') ?? '';
  const nanoseconds = wait === '' ? 0 : parseNanoseconds(wait);
  if (nanoseconds === undefined) throw new Failure(400, 'Invalid wait time');
  const asked = nanoseconds === 0 ? DEFAULT_WAIT_MS : nanoseconds / 1e6;
  return { index: Number(index || 0), waitMs: Math.min(asked, LONGEST_WAIT_MS) };
}

/**
 * The first snapshot whose index is above the one asked for and whose mark has changed since the first look; the last one when the time is up
 * (plus up to a sixteenth, as Consul does). Rejects with `No cluster leader` as soon as `lost` says so.
 */
export function hold(watch: Watch, blocking: Blocking, state: State, lost: () => boolean, gone: AbortSignal): Promise<Snapshot> {
  const first = watch();
  if (blocking.index === 0 || first.index > blocking.index) return Promise.resolve(first);
  return new Promise((resolve, reject) => {
    const limit = blocking.waitMs + (blocking.waitMs / 16) * Math.random();
    const timer = setTimeout(() => finish(watch()), limit);
    const unsubscribe = state.subscribe(() => {
      if (lost()) return fail();
      const now = watch();
      if (now.index > blocking.index && now.mark !== first.mark) finish(now);
    });
    const leave = (): void => finish(first);
    gone.addEventListener('abort', leave, { once: true });
    const end = (): void => {
      clearTimeout(timer);
      unsubscribe();
      gone.removeEventListener('abort', leave);
    };
    const finish = (snapshot: Snapshot): void => {
      end();
      resolve(snapshot);
    };
    const fail = (): void => {
      end();
      reject(new Failure(500, 'No cluster leader'));
    };
  });
}
