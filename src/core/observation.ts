import type { Coverage } from './coverage.js';
import type { EntryKind, StoredEntry } from './entries.js';
import type { Following } from './following.js';
import type { Leg } from './legs.js';
import type { Rollout } from './rollout.js';
import type { Freeze } from './schedule/freeze.js';
import type { Finding } from './verdict.js';

/** The instances of a subset, by the worst of their checks (sidecar and node included). */
export interface Instances {
  readonly passing: number;
  readonly warning: number;
  readonly critical: number;
  /** Of those in warning, how many Consul sends nothing to: by the subset's `OnlyPassing`, or a warning weight of 0. Absent: none. */
  readonly skipped?: number | undefined;
}

/** How many instances are ready: Consul sends requests to them. 0 also where nobody could count them; whatever goes back asks `isGone`. */
export function serving(instances: Instances | undefined): number {
  return instances === undefined ? 0 : instances.passing + instances.warning - (instances.skipped ?? 0);
}

/** Whether it is known that no instance is ready; a count that could not be read is not known. */
export function isGone(instances: Instances | undefined): instances is Instances {
  return instances !== undefined && serving(instances) === 0;
}

/** Why no instance of this subset is ready, as a sentence. */
export function describeGone(subset: string, { warning, critical }: Instances): string {
  const unsent = `in warning, which Consul sends nothing to (${UNSENT})`;
  if (warning === 0)
    return critical === 0 ? `no instance of ${subset} is left` : `all ${critical} instances of ${subset} are critical`;
  if (critical === 0) return `all ${warning} instances of ${subset} are ${unsent}`;
  return `of ${warning + critical} instances of ${subset} ${critical} are critical and ${warning} ${unsent}`;
}

/** That instances of this subset look alive and get nothing, as a sentence; undefined when there are none. */
export function describeSkipped(subset: string, { skipped = 0 }: Instances): string | undefined {
  return skipped === 0 ? undefined : `${skipped} of ${subset} in warning get nothing: ${UNSENT}`;
}

const UNSENT = 'OnlyPassing, or a warning weight of 0';

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

/** One datacenter that shares the service's entries, as it was last seen. */
export interface Site {
  readonly name: string;
  /** By subset name; what was last known where it cannot be read now, absent where nothing ever was. */
  readonly instances?: Readonly<Record<string, Instances>>;
  /** Where its own compiled chain leads; of a further datacenter only. */
  readonly legs?: readonly Leg[];
  /** Why it cannot be read now, as a sentence; absent where it can. */
  readonly unread?: string;
}

/** All datacenters that share the service's entries: `home` is the one that is asked, `primary` the one that keeps them for all. */
export interface Sites {
  readonly home: string;
  readonly primary: string;
  /** Home first. */
  readonly all: readonly Site[];
  /** Those that the plan counts; absent: all of them. */
  readonly named?: readonly string[];
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
  /** By subset name, connect endpoints (sidecars) that match its filter, in all datacenters that count. */
  readonly instances: Readonly<Record<string, Instances>>;
  /** By subset name, the sidecars that match its filter as `node/id`, whatever their checks say; absent where nobody asked. */
  readonly picks?: Readonly<Record<string, readonly string[]>>;
  /** The same in each datacenter; absent where the entries are shared with none. */
  readonly datacenters?: Sites;
  /** Since when each subset has an instance that serves, ms; the callers' sidecars need a moment to get its address. Undefined where nobody watched. */
  readonly servingSince?: Readonly<Record<string, number>>;
  readonly agreement: Agreement;
  /** Of a `pending` agreement: when it can say more at the soonest, ms; absent where requests are being counted, which may tell at any time. */
  readonly agreementAt?: number;
  /** Share of requests that reached each subset lately, in basis points; undefined where it cannot be measured. */
  readonly observed?: Readonly<Record<string, number>>;
  /** How much of each subset's requests its callers counted lately; absent where nobody looked. */
  readonly coverage?: Readonly<Record<string, Coverage>>;
  /** Whether each caller that can be read sends by the present weights; absent where nobody looked. */
  readonly following?: readonly Following[];
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
