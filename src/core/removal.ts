import {
  defaultSubsetOf,
  type Entry,
  type EntryWrite,
  foreignOwner,
  metaOf,
  type StoredEntry,
  storedLegs,
  withoutServerFields,
} from './entries.js';
import { isRecord } from './is-record.js';
import { formatLegs } from './legs.js';
import type { Observation } from './observation.js';
import { OWNER, OWNER_KEY } from './record.js';
import { routeWrite } from './route.js';

/** How long the sidecars keep the split after it is gone, ms: the subsets have to outlive it by that. */
export const SPLIT_OUTLIVES = 2_000;

/** Whether the splitter is one that splitter has written. */
export function isOurs(splitter: StoredEntry | undefined): boolean {
  return metaOf(splitter?.entry)[OWNER_KEY] === OWNER;
}

/**
 * The next write that takes the split of a service away, undefined when nothing of it is left: routes of ours, the default subset, the splitter,
 * then the subsets of these names. What others have set in the entries stays; a resolver of which nothing else is left is deleted.
 */
export function removalWrite(service: string, seen: Observation, subsets: readonly string[]): EntryWrite | undefined {
  const { resolver, splitter } = seen;
  const route = routeWrite(service, seen, []);
  if (route !== undefined) return route;
  const byDefault = defaultSubsetOf(resolver?.entry);
  if (resolver !== undefined && byDefault !== undefined && subsets.includes(byDefault)) {
    const { DefaultSubset: _, ...entry } = withoutServerFields(resolver.entry);
    return writeOf('service-resolver', service, entry, resolver, `${byDefault} is the default subset no more`);
  }
  if (splitter !== undefined)
    return writeOf('service-splitter', service, undefined, splitter, 'the split goes: callers reach every instance');
  const left = resolver === undefined ? undefined : withoutSubsets(resolver.entry, subsets);
  if (resolver === undefined || left === undefined) return undefined;
  const entry = isBare(left) ? undefined : left;
  const why = entry === undefined ? 'nothing names a subset any more' : `the subsets ${subsets.join(', ')} go; the rest stays`;
  return writeOf('service-resolver', service, entry, resolver, why);
}

/** Why an entry of these must not be taken away: somebody else's, or a failover of somebody's that is for one of the subsets. Undefined when all may go. */
export function whyKept(service: string, seen: Observation, subsets: readonly string[]): string | undefined {
  for (const stored of [seen.splitter, seen.resolver]) {
    const owner = foreignOwner(stored);
    if (owner !== undefined) return `${String(stored?.entry.Kind)}/${service} belongs to ${owner} (external-source)`;
  }
  const elsewhere = storedLegs(seen, service).filter((leg) => leg.service !== undefined && leg.weight > 0);
  if (elsewhere.length > 0)
    return `service-splitter/${service} sends traffic to another service (${formatLegs(elsewhere)}), which would come back to ${service}`;
  const failover = isRecord(seen.resolver?.entry.Failover) ? Object.keys(seen.resolver.entry.Failover) : [];
  const held = failover.find((name) => subsets.includes(name));
  return held === undefined ? undefined : `service-resolver/${service} has a Failover for ${held}, which somebody set by hand`;
}

/** The entries (of any service) that send traffic to one of these subsets by name, as `kind/name`; the split of the service itself is none. */
export function mentionsOf(service: string, subsets: readonly string[], entries: readonly StoredEntry[]): readonly string[] {
  return entries.flatMap(({ entry }) => {
    const name = String(entry.Name);
    if (entry.Kind === 'service-splitter' && name === service) return [];
    const named = destinationsOf(entry).some(
      (to) =>
        subsets.includes(String(to.ServiceSubset ?? '')) &&
        (to.Service === undefined || to.Service === '' ? name : to.Service) === service,
    );
    return named ? [`${String(entry.Kind)}/${name}`] : [];
  });
}

function destinationsOf(entry: Entry): readonly Entry[] {
  const list = (value: unknown): readonly Entry[] => (Array.isArray(value) ? value.filter(isRecord) : []);
  const one = (value: unknown): readonly Entry[] => (isRecord(value) ? [value] : []);
  const failover = isRecord(entry.Failover) ? Object.values(entry.Failover).filter(isRecord) : [];
  return [
    ...list(entry.Routes).flatMap(({ Destination }) => one(Destination)),
    ...list(entry.Splits),
    ...one(entry.Redirect),
    ...failover.flatMap((to) => [to, ...list(to.Targets)]),
  ];
}

/** The resolver without these subsets; undefined when it has none of them. */
function withoutSubsets(entry: Entry, subsets: readonly string[]): Entry | undefined {
  const known = isRecord(entry.Subsets) ? Object.entries(entry.Subsets) : [];
  const others = known.filter(([name]) => !subsets.includes(name));
  if (others.length === known.length) return undefined;
  return { ...withoutServerFields(entry), Subsets: Object.fromEntries(others) };
}

const NAMES = ['Kind', 'Name', 'Namespace', 'Partition'];

function isBare(entry: Entry): boolean {
  return Object.entries(entry).every(([key, value]) => NAMES.includes(key) || isBlank(value));
}

function isBlank(value: unknown): boolean {
  if (isRecord(value)) return Object.values(value).every(isBlank);
  return Array.isArray(value) ? value.length === 0 : !value || value === '0s';
}

function writeOf(kind: EntryWrite['kind'], name: string, entry: Entry | undefined, stored: StoredEntry, why: string): EntryWrite {
  return { kind, name, entry, cas: stored.modifyIndex, why };
}
