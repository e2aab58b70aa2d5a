import { type EntryKind, metaOf, type StoredEntry } from '../core/entries.js';
import { groupIn, isHome, readRecord } from '../core/record.js';
import { hookAtEnd, isFinal, type Rollout } from '../core/rollout.js';
import type { Entries, MeshLists } from '../ports.js';
import { follow } from './follow.js';

const KINDS = ['service-splitter', 'service-resolver', 'service-router'] as const satisfies readonly EntryKind[];
type Kind = (typeof KINDS)[number];
const PARTS = { 'service-splitter': 'splitter', 'service-resolver': 'resolver', 'service-router': 'router' } as const;

/** Reading a list costs Consul about this much for each entry, ms (10,000 splitters with a full record: 0.65 s); reads take a twentieth of the time. */
const COST = 0.065;
const SHARE = 20;
const LEAST = 20;

/** What changed in the overview: an entry of a service, or its absence. */
export type OnEntry = (service: string, kind: Kind, entry: StoredEntry | undefined) => void;

/** All splitters, resolvers and routers of a datacenter, kept fresh by one blocking query a list, read at a bounded pace. */
export class Overview {
  readonly #mesh: MeshLists;
  readonly #onEntry: OnEntry;
  readonly #onComplete: () => void;
  readonly #lists: Readonly<Record<Kind, Map<string, StoredEntry>>> = {
    'service-splitter': new Map(),
    'service-resolver': new Map(),
    'service-router': new Map(),
  };
  /** The index of the last read of each list. */
  readonly #read = new Map<Kind, number>();
  readonly #groups = new Map<string, Set<string>>();
  readonly #waved = new Set<string>();

  /** `onComplete` is called once, when each list was read. */
  constructor(mesh: MeshLists, onEntry: OnEntry, onComplete: () => void) {
    this.#mesh = mesh;
    this.#onEntry = onEntry;
    this.#onComplete = onComplete;
  }

  /** Whether each list was read at least once. */
  get complete(): boolean {
    return this.#read.size === KINDS.length;
  }

  /** The entries of one service, as far as the lists know them. */
  entriesOf(service: string): Entries {
    const found = KINDS.map((kind) => [PARTS[kind], this.#lists[kind].get(service)] as const);
    return Object.fromEntries(found.filter(([, entry]) => entry !== undefined));
  }

  /** Services whose splitter holds the record of a member of this group. */
  membersOf(group: string): readonly string[] {
    return [...(this.#groups.get(group) ?? [])];
  }

  /** Every service that is a member of a group. */
  *grouped(): Iterable<string> {
    for (const members of this.#groups.values()) yield* members;
  }

  /** Every service that has a splitter. */
  services(): Iterable<string> {
    return this.#lists['service-splitter'].keys();
  }

  /** Services whose splitter holds a record that still needs somebody. */
  *live(): Iterable<readonly [service: string, rollout: Rollout]> {
    for (const [service, stored] of this.#lists['service-splitter']) {
      const rollout = liveRecord(stored);
      if (rollout !== undefined) yield [service, rollout];
    }
  }

  /** Follows the lists until `abort`. */
  async run(abort: AbortSignal, onTrouble: (error: Error) => void): Promise<void> {
    const pace = (kind: Kind) => () => Math.max(LEAST, this.#lists[kind].size * COST * SHARE);
    await Promise.all(
      KINDS.map((kind) => follow((index) => this.#look(kind, index, abort), abort, { pace: pace(kind), onTrouble })),
    );
  }

  /** Takes what a read at this index has told of an entry: an older one than is known is dropped, and one that was made after the read is not gone. */
  hear(service: string, kind: Kind, entry: StoredEntry | undefined, index: number): void {
    const list = this.#lists[kind];
    const known = list.get(service);
    if (entry?.modifyIndex === known?.modifyIndex) return;
    if (known !== undefined && (entry?.modifyIndex ?? index) < known.modifyIndex) return;
    if (entry === undefined) list.delete(service);
    else list.set(service, entry);
    if (kind === 'service-splitter' && isHome(metaOf(entry?.entry))) this.#waved.add(service);
    else if (kind === 'service-splitter') this.#waved.delete(service);
    if (kind === 'service-splitter') this.#regroup(service, groupIn(metaOf(known?.entry)), groupIn(metaOf(entry?.entry)));
    this.#onEntry(service, kind, entry);
  }

  /** Services whose rollout is the first part of one in waves. */
  *waved(): Iterable<string> {
    yield* this.#waved;
  }

  #regroup(service: string, before: string | undefined, after: string | undefined): void {
    if (before === after) return;
    if (before !== undefined) this.#groups.get(before)?.delete(service);
    if (before !== undefined && this.#groups.get(before)?.size === 0) this.#groups.delete(before);
    if (after !== undefined) this.#groups.set(after, (this.#groups.get(after) ?? new Set()).add(service));
  }

  async #look(kind: Kind, index: number, abort: AbortSignal): Promise<number> {
    const { entries, index: next } = await this.#mesh.listEntries(kind, { index, abort });
    const list = this.#lists[kind];
    // An index that goes back says that Consul was put back to an older state: then the list is right, however old its entries are.
    if (next < (this.#read.get(kind) ?? 0)) for (const [service, known] of list) list.set(service, { ...known, modifyIndex: 0 });
    const names = new Set(entries.map(({ entry }) => String(entry.Name)));
    for (const stored of entries) this.hear(String(stored.entry.Name), kind, stored, next);
    for (const service of [...list.keys()]) if (!names.has(service)) this.hear(service, kind, undefined, next);
    const before = this.complete;
    this.#read.set(kind, next);
    if (this.complete && !before) this.#onComplete();
    return next;
  }
}

/** The record in a splitter that somebody still has to look after; undefined when there is none, or it has ended and owes nothing. */
export function liveRecord(stored: StoredEntry | undefined): Rollout | undefined {
  const record = readRecord(metaOf(stored?.entry));
  return record === undefined || (isFinal(record) && hookAtEnd(record) === undefined) ? undefined : record;
}
