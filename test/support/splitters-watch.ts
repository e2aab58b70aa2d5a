import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../../src/core/entries.js';
import { type SeenState, stateOf } from './crash-watch.js';

const RETRY = 100;

/** One state of one splitter, in the order of all splitters' ModifyIndex. */
export interface SeenSplitter extends SeenState {
  readonly service: string;
}

/** A running watch of all splitters of a datacenter; it outlives whatever happens to Consul. */
export interface SplittersWatch {
  /** States so far; within one read in the order of their ModifyIndex. */
  readonly states: readonly SeenSplitter[];
  of(service: string): readonly SeenSplitter[];
  last(service: string): SeenSplitter | undefined;
  stop(): Promise<void>;
}

/** Follows the list of splitters by blocking reads until it is stopped. */
export function watchSplitters(address: string): SplittersWatch {
  const states: SeenSplitter[] = [];
  const end = new AbortController();
  const known = new Map<string, number>();
  const look = async (index: number): Promise<number> => {
    const answer = await fetch(`${address}/v1/config/service-splitter?index=${index}&wait=10s`, { signal: end.signal });
    if (!answer.ok) throw new Error(await answer.text());
    const entries = (await answer.json()) as readonly (Entry & { readonly ModifyIndex: number; readonly Name: string })[];
    const news = entries.filter(({ Name, ModifyIndex }) => known.get(Name) !== ModifyIndex);
    for (const entry of news.sort((a, b) => a.ModifyIndex - b.ModifyIndex)) {
      known.set(entry.Name, entry.ModifyIndex);
      states.push({ service: entry.Name, ...stateOf(entry, entry.Name) });
    }
    return Math.max(1, Number(answer.headers.get('x-consul-index')));
  };
  const follow = async (): Promise<void> => {
    let index = 1;
    while (!end.signal.aborted) {
      try {
        index = await look(index);
      } catch {
        index = 1;
        await sleep(RETRY, undefined, { signal: end.signal }).catch(() => undefined);
      }
    }
  };
  const following = follow();
  return {
    states,
    of: (service) => states.filter((state) => state.service === service),
    last: (service) => states.findLast((state) => state.service === service),
    stop: () => {
      end.abort();
      return following;
    },
  };
}
