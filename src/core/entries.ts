import { isRecord } from './is-record.js';
import { type Leg, sameLeg } from './legs.js';
import type { Subset } from './plan.js';
import { META_PREFIX, type Meta, OWNER, OWNER_KEY, writeRecord } from './record.js';
import type { Rollout } from './rollout.js';
import { fromConsulWeight, toConsulWeight } from './weights.js';

/** A config entry as Consul's API speaks it, with every field, known or not. */
export type Entry = Readonly<Record<string, unknown>>;

/** The kinds of entry that splitter writes, in the order in which Consul takes them. */
export const ENTRY_KINDS = ['service-defaults', 'service-resolver', 'service-splitter', 'service-router'] as const;

export type EntryKind = (typeof ENTRY_KINDS)[number];

/** An entry as read from Consul, with the index that a compare-and-set write must name. */
export interface StoredEntry {
  readonly modifyIndex: number;
  readonly entry: Entry;
}

/** One compare-and-set write: the whole entry (undefined deletes it), and the index it replaces (0 creates). `why` is shown in previews and kept in the history. */
export interface EntryWrite {
  readonly kind: EntryKind;
  readonly name: string;
  readonly entry: Entry | undefined;
  readonly cas: number;
  readonly why: string;
}

/** What Consul adds to an entry by itself and must not be sent back. */
const SERVER_FIELDS = ['Hash', 'CreateIndex', 'ModifyIndex'];

/** The entry without the fields that belong to the server; all others, known or not, are kept. */
export function withoutServerFields(entry: Entry): Entry {
  return Object.fromEntries(Object.entries(entry).filter(([key]) => !SERVER_FIELDS.includes(key)));
}

/** The entry as a file may keep it: without the server's fields, and without the record of a rollout, which is true of one moment only. */
export function portableEntry(entry: Entry): Entry {
  const plain = withoutServerFields(entry);
  if (!isRecord(plain.Meta)) return plain;
  return { ...plain, Meta: Object.fromEntries(Object.entries(plain.Meta).filter(([key]) => !key.startsWith(META_PREFIX))) };
}

/** The Meta of an entry; empty when it has none. */
export function metaOf(entry: Entry | undefined): Meta {
  return isRecord(entry?.Meta) ? (entry.Meta as Meta) : {};
}

/** Who owns the entry by its `external-source`, when that is somebody else than splitter. */
export function foreignOwner(stored: StoredEntry | undefined): string | undefined {
  const owner = metaOf(stored?.entry)[OWNER_KEY];
  return owner === undefined || owner === OWNER || owner === '' ? undefined : owner;
}

/** The service-defaults with this protocol; other fields kept. */
export function defaultsEntry(stored: StoredEntry | undefined, service: string, protocol: string): Entry {
  return { ...base(stored, 'service-defaults', service), Protocol: protocol };
}

/** The protocol of a service-defaults or proxy-defaults entry; undefined when it says none. */
export function protocolOf(entry: Entry | undefined): string | undefined {
  const config = isRecord(entry?.Config) ? entry.Config : {};
  const protocol = entry?.Protocol ?? config.protocol;
  return typeof protocol === 'string' && protocol !== '' ? protocol : undefined;
}

/** The resolver with these subsets in it; other subsets, the default subset and every other field kept. */
export function resolverEntry(stored: StoredEntry | undefined, service: string, subsets: readonly Subset[]): Entry {
  const before = base(stored, 'service-resolver', service);
  const known = isRecord(before.Subsets) ? before.Subsets : {};
  const wanted = subsets.map(({ name, filter }) => {
    if (filter.trim() === '') throw new Error(`the filter of ${name} is empty, which would mean every instance`);
    const old = isRecord(known[name]) ? known[name] : {};
    return [name, { ...old, Filter: filter }] as const;
  });
  return { ...before, Subsets: { ...known, ...Object.fromEntries(wanted) } };
}

/** The resolver with another default subset. */
export function withDefaultSubset(stored: StoredEntry, subset: string): Entry {
  return { ...withoutServerFields(stored.entry), DefaultSubset: subset };
}

/** The filter of each subset in a resolver entry. */
export function subsetsOf(entry: Entry | undefined): ReadonlyMap<string, string> {
  const subsets = isRecord(entry?.Subsets) ? entry.Subsets : {};
  return new Map(
    Object.entries(subsets).map(([name, subset]) => [
      name,
      isRecord(subset) && typeof subset.Filter === 'string' ? subset.Filter : '',
    ]),
  );
}

/** The default subset of a resolver; undefined when it names none. */
export function defaultSubsetOf(entry: Entry | undefined): string | undefined {
  return typeof entry?.DefaultSubset === 'string' && entry.DefaultSubset !== '' ? entry.DefaultSubset : undefined;
}

/**
 * The legs of a splitter entry, in basis points; a leg of the splitter's own service carries no `service`. One without a subset is Consul's default subset
 * where there is one (developer.hashicorp.com/consul/docs/reference/config-entry/service-splitter, `ServiceSubset`); legs that lead to the same place are one.
 */
export function legsOf(entry: Entry, service: string, byDefault?: string): readonly Leg[] {
  const legs: Leg[] = [];
  for (const split of splitsOf(entry)) {
    const to = placeOf(split, service, byDefault);
    const weight = fromConsulWeight(Number(split.Weight ?? 0));
    const at = legs.findIndex((leg) => sameLeg(leg, to));
    if (at === -1) legs.push({ ...to, weight });
    else legs[at] = { ...to, weight: legs[at]!.weight + weight };
  }
  return legs;
}

/** The legs that the splitter in Consul says, as legsOf tells them; none without a splitter. */
export function storedLegs({ splitter, resolver }: SplitEntries, service: string): readonly Leg[] {
  return splitter === undefined ? [] : legsOf(splitter.entry, service, defaultSubsetOf(resolver?.entry));
}

/** Two legs of an entry that lead to the same place and yet say different things of it (headers, unknown fields); undefined where all can be one. */
export function findTwinLegs({ splitter, resolver }: SplitEntries, service: string): Pick<Leg, 'subset' | 'service'> | undefined {
  const byDefault = defaultSubsetOf(resolver?.entry);
  const told = splitsOf(splitter?.entry ?? {}).map((split) => ({
    to: placeOf(split, service, byDefault),
    says: JSON.stringify(fieldsOf(split)),
  }));
  return told.find(({ to, says }) => told.some((other) => sameLeg(other.to, to) && other.says !== says))?.to;
}

/** The two entries that say together where traffic goes. */
export interface SplitEntries {
  readonly splitter?: StoredEntry;
  readonly resolver?: StoredEntry;
}

function splitsOf(entry: Entry): readonly Entry[] {
  return Array.isArray(entry.Splits) ? entry.Splits.filter(isRecord) : [];
}

function placeOf(split: Entry, service: string, byDefault: string | undefined): Pick<Leg, 'subset' | 'service'> {
  const subset = typeof split.ServiceSubset === 'string' ? split.ServiceSubset : '';
  if (typeof split.Service === 'string' && split.Service !== '' && split.Service !== service)
    return { subset, service: split.Service };
  return { subset: subset || (byDefault ?? '') };
}

/** What a leg says besides where it leads and how much; keys in order, what Consul fills in by itself left out. */
function fieldsOf(split: Entry): Entry {
  const { Weight: _, ServiceSubset: __, Service: ___, ...fields } = split;
  const said = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return Object.fromEntries(said.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * The splitter with these legs (`undefined`: those that it has, untouched) and, when given, the record of the rollout that explains them; each leg keeps its
 * own fields (headers). `byDefault` is the subset of a leg that names none.
 */
export function splitterEntry(
  stored: StoredEntry | undefined,
  service: string,
  legs: readonly Leg[] | undefined,
  rollout: Rollout | undefined,
  byDefault?: string,
): Entry {
  const before = base(stored, 'service-splitter', service);
  const old = splitsOf(before);
  const splits = legs?.map((leg) => ({
    ...old.find((split) => sameLeg(placeOf(split, service, byDefault), leg)),
    Weight: toConsulWeight(leg.weight),
    ServiceSubset: leg.subset,
    ...(leg.service === undefined ? {} : { Service: leg.service }),
  }));
  const meta = metaOf(before);
  return {
    ...before,
    ...(splits === undefined ? {} : { Splits: splits }),
    Meta: rollout === undefined ? { ...meta, [OWNER_KEY]: OWNER } : writeRecord(meta, rollout),
  };
}

function base(stored: StoredEntry | undefined, kind: EntryKind, name: string): Entry {
  return stored === undefined ? { Kind: kind, Name: name } : withoutServerFields(stored.entry);
}
