import { isTakenBack } from './group.js';
import { HOME } from './home.js';
import { isFinal, type Rollout } from './rollout.js';

/** One site of a rollout in waves, home first: the record in its splitter, none, or `unknown` while its Consul does not answer. */
export interface Site {
  readonly name: string;
  readonly record: Rollout | 'none' | 'unknown';
}

/** What to do next for a rollout in waves; `site` is an index into the sites, 0 is home. */
export type WaveTask =
  /** Nothing, until a record changes. */
  | { readonly kind: 'rest'; readonly why: string }
  | { readonly kind: 'wait'; readonly why: string }
  /** Begin there, with the same plan and id. */
  | { readonly kind: 'begin'; readonly site: number; readonly why: string }
  /** Drive what is under way there, an older rollout that is in the way included. */
  | { readonly kind: 'drive'; readonly site: number; readonly why: string }
  /** Take it back there. */
  | { readonly kind: 'undo'; readonly site: number; readonly why: string };

/**
 * The next move of a rollout in waves, from the records alone, so that it goes on from any point after a crash: each site begins when the one before
 * it is promoted; when one was taken back, those that were promoted (or are under way) are too, last first. A newer rollout at a site ends the matter.
 */
export function decideWaves(id: string, sites: readonly Site[]): WaveTask {
  const own = sites.map(({ record }) => (isRecord(record) && record.id === id ? record : undefined));
  const back = own.findIndex((record) => record !== undefined && isTakenBack(record));
  if (back !== -1) return undoOthers(sites, own, back);
  const first = sites[0]?.record;
  if (first !== undefined && isRecord(first) && first.id > id) {
    const under = own.findLastIndex((record) => record !== undefined && !isFinal(record));
    const why = 'a newer rollout has begun at home';
    return under === -1
      ? { kind: 'rest', why }
      : { kind: own[under]!.state.phase === 'Reverting' ? 'drive' : 'undo', site: under, why };
  }
  const [home] = own;
  if (home === undefined || home.state.phase !== 'Promoted') return { kind: 'rest', why: 'home is not promoted' };
  for (const [i, { name, record }] of sites.entries()) {
    if (own[i]?.state.phase === 'Promoted') continue;
    if (record === 'unknown') return { kind: 'wait', why: `wave ${i}, ${name}: its Consul does not answer; waiting for it` };
    if (own[i] !== undefined)
      return { kind: 'drive', site: i, why: `wave ${i} of ${sites.length - 1}, ${name}: ${own[i].message}` };
    // ULIDs sort by time.
    if (isRecord(record) && record.id > id) return { kind: 'rest', why: `a newer rollout has begun at ${name}` };
    if (isRecord(record) && !isFinal(record)) return { kind: 'undo', site: i, why: `an older rollout gives way to wave ${i}` };
    return { kind: 'begin', site: i, why: `wave ${i} of ${sites.length - 1}, ${name}, begins` };
  }
  return { kind: 'rest', why: 'every wave is promoted' };
}

function undoOthers(sites: readonly Site[], own: readonly (Rollout | undefined)[], back: number): WaveTask {
  // The first cause says more than what followed from it.
  const first = own.findIndex((record) => record !== undefined && isTakenBack(record) && record.state.reason !== 'WaveReverted');
  const cause = first === -1 ? back : first;
  const why = `it was taken back at ${sites[cause]!.name}: ${own[cause]!.message}`;
  const next = own.findLastIndex((record) => record !== undefined && !isTakenBack(record));
  if (next !== -1) return { kind: 'undo', site: next, why };
  const half = own.findLastIndex((record) => record?.state.phase === 'Reverting');
  if (half !== -1) return { kind: 'drive', site: half, why };
  const dark = sites.find(({ record }) => record === 'unknown');
  if (dark === undefined) return { kind: 'rest', why };
  return { kind: 'wait', why: `${why}; the Consul of ${dark.name} does not answer, waiting to look whether it began there` };
}

/** Whether the record at home may have waves to begin or to take back; each other record costs nothing. */
export function mayHaveWaves({ wave, state }: Rollout): boolean {
  if (wave !== HOME) return false;
  return (
    state.phase === 'Promoted' || (isTakenBackLater(state.reason) && (state.phase === 'Reverted' || state.phase === 'Reverting'))
  );
}

/** Only a promotion that was taken back can have waves behind it. */
function isTakenBackLater(reason: string): boolean {
  return reason === 'Undone' || reason === 'WaveReverted';
}

function isRecord(record: Site['record']): record is Rollout {
  return typeof record === 'object';
}
