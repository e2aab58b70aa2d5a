import type { Entry } from '../core/entries.js';
import { hclKey, printHclValue } from './print-hcl.js';

/** A config entry as `consul config write` takes it, in HCL: kind and name first, fields without a value left out. */
export function printEntry(entry: Entry): string {
  const { Kind, Name, ...rest } = entry;
  const said = Object.entries({ Kind, Name, ...rest }).filter(([, value]) => value !== null && value !== undefined);
  return said.map(([key, value]) => `${hclKey(key)} = ${printHclValue(withoutNulls(value))}\n`).join('');
}

/** HCL 1 has no null; Consul means the same by leaving it out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const said = Object.entries(value).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(said.map(([key, item]) => [key, withoutNulls(item)]));
}
