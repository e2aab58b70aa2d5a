import { type EntryKind, metaOf, type StoredEntry } from '../core/entries.js';
import { readRecord } from '../core/record.js';
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
  readonly #read = new Set<Kind>();

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

  /** Takes an entry that was read on its own; an older one than is known is dropped. */
  hear(service: string, kind: Kind, entry: StoredEntry | undefined): void {
    const list = this.#lists[kind];
    const known = list.get(service);
    if (entry?.modifyIndex === known?.modifyIndex) return;
    if (entry === undefined) list.delete(service);
    else if (known !== undefined && entry.modifyIndex < known.modifyIndex) return;
    else list.set(service, entry);
    this.#onEntry(service, kind, entry);
  }

  async #look(kind: Kind, index: number, abort: AbortSignal): Promise<number> {
    const { entries, index: next } = await this.#mesh.listEntries(kind, { index, abort });
    const list = this.#lists[kind];
    const names = new Set(entries.map(({ entry }) => String(entry.Name)));
    for (const stored of entries) this.hear(String(stored.entry.Name), kind, stored);
    // An entry that was made after this list was read is not gone.
    for (const [service, { modifyIndex }] of [...list])
      if (!names.has(service) && modifyIndex <= next) this.hear(service, kind, undefined);
    const before = this.complete;
    this.#read.add(kind);
    if (this.complete && !before) this.#onComplete();
    return next;
  }
}

/** The record in a splitter that somebody still has to look after; undefined when there is none, or it has ended and owes nothing. */
export function liveRecord(stored: StoredEntry | undefined): Rollout | undefined {
  const record = readRecord(metaOf(stored?.entry));
  return record === undefined || (isFinal(record) && hookAtEnd(record) === undefined) ? undefined : record;
}
