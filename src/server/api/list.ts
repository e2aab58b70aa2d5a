import { ATTENTION, type Attention } from './kinds.js';
import type { Counts, PlanList, PlanView, RolloutList, RolloutRow } from './schemas.js';

/** What a list asks for; sets are absent where anything will do. */
export interface ListRequest {
  readonly phases?: ReadonlySet<string>;
  readonly attention?: ReadonlySet<string>;
  readonly prefix: string;
  readonly sort: 'attention' | 'name' | 'updated';
  readonly perPage: number;
  readonly after?: Key;
}

/** Where a row stands in its order: a rank, and its name among equals. The token of a page is the key of its last row, so what comes in between skips nothing. */
export type Key = readonly [rank: number, service: string];

/** One page of the rows, with counters over all that the filters on name and phase leave. */
export function pageOf(rows: Iterable<RolloutRow>, request: ListRequest): RolloutList {
  const { phases, attention, prefix, sort, perPage, after } = request;
  const named = [...rows].filter(
    (row) => row.service.startsWith(prefix) && (phases === undefined || phases.has(row.phase ?? '')),
  );
  const keyed = named
    .filter((row) => attention === undefined || attention.has(row.attention))
    .map((row) => [keyOf(row, sort), row] as const)
    .sort(([a], [b]) => compare(a, b));
  const rest = after === undefined ? keyed : keyed.filter(([key]) => compare(key, after) > 0);
  const items = rest.slice(0, perPage);
  const last = items.at(-1);
  return {
    items: items.map(([, row]) => row),
    next_token: last === undefined || rest.length <= perPage ? null : writeToken(last[0]),
    counts: countsOf(named),
  };
}

/** One page of the plans, by name. */
export function plansOf(
  plans: readonly Omit<PlanView, 'plan'>[],
  { prefix, perPage, after }: Pick<ListRequest, 'prefix' | 'perPage' | 'after'>,
): PlanList {
  const keyed = plans
    .filter(({ service }) => service.startsWith(prefix))
    .map((plan) => [[0, plan.service] as Key, plan] as const)
    .sort(([a], [b]) => compare(a, b));
  const rest = after === undefined ? keyed : keyed.filter(([key]) => compare(key, after) > 0);
  const items = rest.slice(0, perPage);
  const last = items.at(-1);
  const next_token = last === undefined || rest.length <= perPage ? null : writeToken(last[0]);
  return { items: items.map(([, plan]) => plan), next_token };
}

/** How many rows there are of each attention. */
export function countsOf(rows: Iterable<RolloutRow>): Counts {
  const counts = Object.fromEntries(['all', ...ATTENTION].map((name) => [name, 0])) as Counts;
  for (const { attention } of rows) {
    counts.all++;
    counts[attention]++;
  }
  return counts;
}

/** The key that a token holds; undefined when it is no token of ours. */
export function readToken(token: string): Key | undefined {
  try {
    const key: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return Array.isArray(key) && typeof key[0] === 'number' && typeof key[1] === 'string' ? [key[0], key[1]] : undefined;
  } catch {
    return undefined;
  }
}

function writeToken(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function keyOf({ attention, service, updatedAt }: RolloutRow, sort: ListRequest['sort']): Key {
  if (sort === 'name') return [0, service];
  if (sort === 'updated') return [-(Date.parse(updatedAt ?? '') || 0), service];
  return [ATTENTION.indexOf(attention as Attention), service];
}

function compare([rank, name]: Key, [otherRank, otherName]: Key): number {
  return rank - otherRank || (name < otherName ? -1 : name > otherName ? 1 : 0);
}
