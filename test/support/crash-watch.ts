import { setTimeout as sleep } from 'node:timers/promises';
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

/** Consul turns away whoever has too many connections (429), and a read may be cut: neither ends a watch. */
const AGAIN_MS = 100;

/** Follows an entry by blocking reads until it is stopped, asking again where Consul does not answer; calls back with each state. */
export function watchEntry(
  address: string,
  kind: string,
  service: string,
  onState: (state: SeenState) => void = () => undefined,
): EntryWatch {
  const states: SeenState[] = [];
  const end = new AbortController();
  const read = async (
    index: number,
  ): Promise<{ readonly index: number; readonly entry?: Entry & { readonly ModifyIndex: number } }> => {
    const answer = await fetch(`${address}/v1/config/${kind}/${service}?index=${index}&wait=10s`, { signal: end.signal });
    const next = Math.max(1, Number(answer.headers.get('x-consul-index')));
    if (answer.status === 404) return { index: next };
    if (!answer.ok) throw new Error(`Consul answers ${answer.status}`);
    return { index: next, entry: (await answer.json()) as Entry & { readonly ModifyIndex: number } };
  };
  const follow = async (): Promise<void> => {
    let index = 1;
    while (!end.signal.aborted) {
      const answer = await read(index).catch(() => undefined);
      if (answer === undefined) {
        await sleep(AGAIN_MS);
        continue;
      }
      index = answer.index;
      const { entry } = answer;
      if (entry === undefined) continue;
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
