import type { EntryWrite, StoredEntry } from './entries.js';
import { withoutServerFields } from './entries.js';
import { isRecord } from './is-record.js';

/** What Consul writes into an entry where it was left open. */
const FILLED_IN = ['Namespace', 'Partition'];

/** Whether the entry stands in Consul as this write would leave it: gone, or the same but for what Consul leaves out or fills in by itself. */
export function isStoredAs({ entry }: EntryWrite, stored: StoredEntry | undefined): boolean {
  if (entry === undefined || stored === undefined) return entry === stored?.entry;
  return isSame(withoutServerFields(entry), withoutServerFields(stored.entry));
}

function isSame(one: unknown, other: unknown): boolean {
  if (isBlank(one) && isBlank(other)) return true;
  // Weights are kept as float32.
  if (typeof one === 'number' && typeof other === 'number') return Math.fround(one) === Math.fround(other);
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, i) => isSame(item, other[i]));
  if (!isRecord(one) || !isRecord(other)) return one === other;
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isSame(one[key], other[key]) || (one[key] === undefined && FILLED_IN.includes(key)));
}

/** Consul leaves such values out, or writes them where nothing was. */
function isBlank(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isRecord(value)) return Object.values(value).every(isBlank);
  return value === undefined || value === null || value === '' || value === 0 || value === false;
}
