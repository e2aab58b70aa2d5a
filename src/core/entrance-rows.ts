import type { Entrance } from './entrances.js';
import type { FollowingStatus } from './following.js';

/** One entrance as it is shown to people and scripts; what is not known is null. */
export interface EntranceRow {
  readonly kind: Entrance['kind'];
  readonly name: string;
  readonly id: string;
  readonly node: string;
  readonly datacenter: string | null;
  /** The names by which it calls. */
  readonly via: readonly string[];
  /** False where it only may call: a transparent proxy that intentions let in, and that was not seen to send. */
  readonly certain: boolean;
  readonly read: boolean;
  /** Why it cannot be read. */
  readonly why: string | null;
  /** Of all requests that the readable ones have counted since they began to count, percent. */
  readonly share: number | null;
  readonly tcp: boolean;
  /** All that it sends passes the service's splitter, so weights move it. */
  readonly split: boolean;
  /** All that it sends passes the service's router, so testers' and sticky routes reach it. */
  readonly routed: boolean;
  /** Whether what it sends comes by the weights of the rollout under way; null where that is not known. */
  readonly follows: boolean | null;
}

/** What reading one entrance's counters gave: how many requests it has sent to the service (undefined: it was never used), or why not. */
export type EntranceReading = { readonly sent: number | undefined } | { readonly why: string };

/** The rows of a service's entrances, by what reading them gave. */
export function entranceRows(read: readonly (readonly [Entrance, EntranceReading])[]): readonly EntranceRow[] {
  const all = read.reduce((sum, [, reading]) => sum + ('why' in reading ? 0 : (reading.sent ?? 0)), 0);
  const rows = read.map(([entrance, reading]): EntranceRow => {
    const { kind, name, id, node, datacenter, via, certain, isTcp, isSplit, isRouted } = entrance;
    const sent = 'why' in reading ? undefined : reading.sent;
    return {
      kind,
      name,
      id,
      node,
      datacenter: datacenter ?? null,
      via,
      certain: certain || sent !== undefined,
      read: !('why' in reading),
      why: 'why' in reading ? reading.why : null,
      share: 'why' in reading || all === 0 ? null : Math.round((1_000 * (sent ?? 0)) / all) / 10,
      tcp: isTcp,
      split: isSplit,
      routed: isRouted,
      follows: null,
    };
  });
  return [...rows.filter(({ certain }) => certain), ...rows.filter(({ certain }) => !certain)];
}

/** The rows with what is known of how they follow the weights. */
export function withFollowing(
  rows: readonly EntranceRow[],
  following: readonly FollowingStatus[] | undefined,
): readonly EntranceRow[] {
  const known = new Map((following ?? []).map((one) => [`${one.node}/${one.id}`, one.follows] as const));
  return rows.map((row) => ({ ...row, follows: known.get(`${row.node}/${row.id}`) ?? null }));
}
