import type { Sight } from '../../controller/snapshot.js';
import type { EntranceRow } from '../../core/entrance-rows.js';
import type { History } from '../../core/history.js';
import type { Freeze } from '../../core/schedule/freeze.js';
import type { Status } from '../../core/status.js';
import type { Action } from './kinds.js';
import type { ActionBody, PlanView, RawEntries } from './schemas.js';

/** Who asks, as Consul says: somebody whose token it knows; or anybody, where Consul has no ACLs or no token came. */
export type Caller =
  | { readonly kind: 'known'; readonly name: string; readonly accessor: string }
  | { readonly kind: 'unknown-token'; readonly why: string }
  | { readonly kind: 'no-acls' };

/** The same, or that whoever asks has tried too many tokens. */
export type Asker = Caller | { readonly kind: 'limited' };

/** What became of an action. `stale`: the rollout is not where the caller saw it; `refused`: it makes no sense now, with what to type instead. */
export type Outcome =
  | { readonly kind: 'done'; readonly changed: boolean; readonly message: string }
  | { readonly kind: 'stale' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly message: string; readonly hint: string };

/** A request to act: in whose name, with which Consul token (undefined: with none), and on which ModifyIndex, where that matters. */
export interface Order {
  readonly service: string;
  readonly action: Action;
  readonly body: ActionBody;
  readonly token: string | undefined;
  readonly by: string;
  readonly ifIndex: number | undefined;
}

/** All that the API needs of the controller and of Consul. What fails throws an error with a sentence, and with `code` and `hint` where it is Consul's. */
export interface Desk {
  /** Every service that has a splitter. */
  services(): Iterable<string>;
  /** Those that this controller looks after: their evidence changes without an event. */
  attended(): Iterable<string>;
  sightOf(service: string): Sight | undefined;
  freeze(): Freeze | undefined;
  /** The status as Consul has it now. */
  readStatus(service: string): Promise<Status>;
  /** Who reaches the service, at most some seconds old; null where Consul would not tell. */
  readEntrances(service: string): Promise<readonly EntranceRow[] | null>;
  /** The decision logs, oldest first: all, the one named, or the last. */
  readHistories(service: string, which: 'all' | 'last' | { readonly rollout: string }): Promise<readonly History[]>;
  /** What Consul holds of a service; undefined when it has none of it. */
  readRaw(service: string): Promise<RawEntries | undefined>;
  /** Every applied plan, in no order. */
  listPlans(): Promise<readonly Omit<PlanView, 'plan'>[]>;
  readPlan(service: string): Promise<PlanView | undefined>;
  whoIs(token: string): Promise<Caller>;
  act(order: Order): Promise<Outcome>;
  now(): number;
}
