import { randomUUID } from 'node:crypto';
import type { CheckRecord, EntryRecord, KeyRecord, NodeRecord, ServiceRecord, SessionRecord } from './records.js';

const TOMBSTONES_KEPT = 4096;

/** All that the sandbox's Consul holds, with the index of each table; it knows no rules, only that every change gets a new index and wakes its readers. */
export class State {
  readonly datacenter = 'dc1';
  readonly nodeName = 'sandbox';
  readonly trustDomain = `${randomUUID()}.consul`;
  readonly entries = new Map<string, Map<string, EntryRecord>>();
  readonly keys = new Map<string, KeyRecord>();
  readonly tombstones = new Map<string, number>();
  readonly sessions = new Map<string, SessionRecord>();
  readonly nodes = new Map<string, NodeRecord>();
  readonly services = new Map<string, ServiceRecord>();
  readonly checks = new Map<string, CheckRecord>();
  /** Key to the time (ms) before which a lost lock cannot be taken again. */
  readonly lockDelays = new Map<string, number>();
  /** Service name to the last index at which an instance or one of its checks changed. */
  readonly serviceIndexes = new Map<string, number>();
  readonly virtualAddresses = new Map<string, string>();
  readonly tables = { entries: 10, keys: 0, sessions: 0, services: 11, nodes: 11 };
  private index = 11;
  private readonly readers = new Set<() => void>();

  /** The next index, stamped on the tables that change with it. */
  next(...tables: (keyof State['tables'])[]): number {
    this.index += 1;
    for (const table of tables) this.tables[table] = this.index;
    return this.index;
  }

  /** Remembers a deleted key, so that readers of its prefix see an index that moved. */
  bury(key: string, index: number): void {
    this.tombstones.delete(key);
    this.tombstones.set(key, index);
    const oldest = this.tombstones.keys().next();
    if (this.tombstones.size > TOMBSTONES_KEPT && !oldest.done) this.tombstones.delete(oldest.value);
  }

  /** Calls back after every change until the returned function is called. */
  subscribe(reader: () => void): () => void {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  }

  /** Wakes all readers; each finds out for itself whether the change concerns it. */
  announce(): void {
    for (const reader of [...this.readers]) reader();
  }

  /** The entry of this kind and name (any letter case, as Consul looks it up). */
  entry(kind: string, name: string): EntryRecord | undefined {
    return this.entries.get(kind)?.get(name.toLowerCase());
  }

  /** The virtual address of a mesh service, given out at its first config entry or proxy. */
  assignVirtualAddress(service: string): string {
    const known = this.virtualAddresses.get(service);
    if (known !== undefined) return known;
    const serial = this.virtualAddresses.size + 1;
    const address = `240.0.${Math.floor(serial / 256)}.${serial % 256}`;
    this.virtualAddresses.set(service, address);
    return address;
  }
}
