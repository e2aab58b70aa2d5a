import { type Entry, legsOf, metaOf } from '../../src/core/entries.js';
import { weightOf } from '../../src/core/legs.js';
import { readRecord } from '../../src/core/record.js';
import type { Rollout } from '../../src/core/rollout.js';

/** One state of an entry, as a blocking read of Consul told it; states that follow one another faster than reads are not all seen. */
export interface SeenState {
  readonly modifyIndex: number;
  readonly entry: Entry;
  readonly record: Rollout | undefined;
  /** Weights of blue and green, percent. */
  readonly weights: readonly [blue: number, green: number];
}

/** A running watch of one entry. */
export interface EntryWatch {
  readonly states: readonly SeenState[];
  stop(): Promise<void>;
}

/** Follows an entry by blocking reads until it is stopped; calls back with each state. */
export function watchEntry(
  address: string,
  kind: string,
  service: string,
  onState: (state: SeenState) => void = () => undefined,
): EntryWatch {
  const states: SeenState[] = [];
  const end = new AbortController();
  const follow = async (): Promise<void> => {
    let index = 1;
    while (!end.signal.aborted) {
      const answer = await fetch(`${address}/v1/config/${kind}/${service}?index=${index}&wait=10s`, { signal: end.signal });
      index = Math.max(1, Number(answer.headers.get('x-consul-index')));
      if (answer.status === 404) continue;
      const entry = (await answer.json()) as Entry & { readonly ModifyIndex: number };
      if (states.at(-1)?.modifyIndex === entry.ModifyIndex) continue;
      const state = stateOf(entry, service);
      states.push(state);
      onState(state);
    }
  };
  const following = follow().catch((error: unknown) => {
    if (!end.signal.aborted) throw error;
  });
  following.catch(() => undefined);
  return {
    states,
    stop: () => {
      end.abort();
      return following;
    },
  };
}

/** What an entry says. */
export function stateOf(entry: Entry & { readonly ModifyIndex: number }, service: string): SeenState {
  const legs = legsOf(entry, service);
  return {
    modifyIndex: entry.ModifyIndex,
    entry,
    record: readRecord(metaOf(entry)),
    weights: [weightOf(legs, 'blue') / 100, weightOf(legs, 'green') / 100],
  };
}
