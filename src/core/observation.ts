import type { EntryKind, StoredEntry } from './entries.js';
import type { Leg } from './legs.js';
import type { Rollout } from './rollout.js';
import type { Freeze } from './schedule/freeze.js';
import type { Finding } from './verdict.js';

/** How many instances of a subset the mesh would use, by the worst of their checks (sidecar and node included). */
export interface Instances {
  readonly passing: number;
  readonly warning: number;
  readonly critical: number;
}

/** Instances that get traffic: Envoy sends to passing and warning ones. */
export function serving(instances: Instances | undefined): number {
  return instances === undefined ? 0 : instances.passing + instances.warning;
}

/** The compiled discovery chain of the service: what Consul makes of all its entries. */
export interface Chain {
  readonly protocol: string;
  /** What stands first: a router, the splitter, or a resolver. */
  readonly startsWith: 'router' | 'splitter' | 'resolver';
  /** Where the default route leads, by subset (empty name: no subset), in basis points. */
  readonly legs: readonly Leg[];
  /** Routes of a router that end at a subset: the header tests that lead there, as Consul writes them. */
  readonly routed?: readonly { readonly subset: string; readonly headers: readonly Readonly<Record<string, unknown>>[] }[];
}

/** Whether the data plane does what was asked: `unknown` where no sidecar can be read, `pending` until enough was seen. */
export type Agreement = 'agrees' | 'differs' | 'pending' | 'unknown';

/** Another member of the group, with the record that its splitter holds: of the same run, of another one, or none yet. */
export interface Peer {
  readonly service: string;
  readonly rollout?: Rollout;
}

/** All that a decision may know of the world, as data. A missing part was not there (or, for `chain`, not asked for). */
export interface Observation {
  readonly splitter?: StoredEntry;
  readonly resolver?: StoredEntry;
  readonly defaults?: StoredEntry;
  readonly proxyDefaults?: StoredEntry;
  readonly router?: StoredEntry;
  /** When this resolver content was first seen, ms; the sidecars need a moment to get it. */
  readonly resolverSince: number;
  /** Since when the splitter's weights are what they are, ms; undefined where nobody watched. */
  readonly weightsSince?: number;
  readonly chain?: Chain;
  /** By subset name, connect endpoints (sidecars) that match its filter. */
  readonly instances: Readonly<Record<string, Instances>>;
  /** By subset name, the sidecars that match its filter as `node/id`, whatever their checks say; absent where nobody asked. */
  readonly picks?: Readonly<Record<string, readonly string[]>>;
  /** Since when each subset has an instance that serves, ms; the callers' sidecars need a moment to get its address. Undefined where nobody watched. */
  readonly servingSince?: Readonly<Record<string, number>>;
  readonly agreement: Agreement;
  /** Of a `pending` agreement: when it can say more at the soonest, ms; absent where requests are being counted, which may tell at any time. */
  readonly agreementAt?: number;
  /** Share of requests that reached each subset lately, in basis points; undefined where it cannot be measured. */
  readonly observed?: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  /** The last word of the switch that stops all advances, one that has been turned off too; absent where it was never used. */
  readonly freeze?: Freeze;
  /** The other members of the group, in the group's order; absent for a service on its own. */
  readonly peers?: readonly Peer[];
  /** Why this site of a rollout in waves is to be taken back, as a sentence; absent when it is not. */
  readonly undo?: string;
}

/** The service's entry of a kind, as it was seen. */
export function entryOfKind(seen: Observation, kind: EntryKind): StoredEntry | undefined {
  switch (kind) {
    case 'service-defaults':
      return seen.defaults;
    case 'service-resolver':
      return seen.resolver;
    case 'service-splitter':
      return seen.splitter;
    case 'service-router':
      return seen.router;
  }
}
