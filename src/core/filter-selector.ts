import { type Field, type Fields, HEALTH_FIELDS } from './filter-fields.js';
import { suggest } from './suggest.js';

/** Where a selector leads; `unknown`: the place of its first name that Consul does not know. */
export type Found = { readonly field: Field } | { readonly unknown: number };

/** Follows the names of a selector, as `['Service', 'Meta', 'version']`, among these fields. */
export function findField(parts: readonly string[], fields: Fields = HEALTH_FIELDS): Found {
  let field: Field = { record: fields };
  for (const [at, name] of parts.entries()) {
    const next: Field | undefined = fieldIn(field, name);
    if (next === undefined) return { unknown: at };
    field = next;
  }
  return { field };
}

/** The selector that a misspelt one most likely means, whole: `Service.Meta.version` for `Service.meta.version`; undefined when none is near. */
export function nearestSelector(parts: readonly string[], fields: Fields = HEALTH_FIELDS): string | undefined {
  const found = findField(parts, fields);
  if ('field' in found) return spell(parts);
  const at = found.unknown;
  const before = findField(parts.slice(0, at), fields);
  const names = 'field' in before ? namesIn(before.field) : [];
  const word = parts[at]!;
  // As the catalog says it: ServiceMeta.
  const joint = at === 0 ? names.find((name) => word.startsWith(name) && word.length > name.length) : undefined;
  const parted = joint === undefined ? undefined : nearestSelector([joint, word.slice(joint.length), ...parts.slice(1)], fields);
  if (parted !== undefined) return parted;
  const near =
    names.find((name) => name.toLowerCase() === word.toLowerCase()) ??
    names.find((name) => word.length > 2 && (begins(word, name) || begins(name, word))) ??
    suggest(word, names);
  if (near !== undefined) return nearestSelector([...parts.slice(0, at), near, ...parts.slice(at + 1)], fields);
  // As in Meta.version and Tags, where only the root is missing.
  const root = at === 0 ? Object.keys(fields).find((name) => 'field' in findField([name, ...parts], fields)) : undefined;
  return root === undefined ? undefined : spell([root, ...parts]);
}

/** The names that Consul knows in a field, none where any name is one. */
export function namesIn(field: Field): readonly string[] {
  if (typeof field === 'string' || 'values' in field) return [];
  return Object.keys('rows' in field ? field.rows : field.record);
}

function fieldIn(field: Field, name: string): Field | undefined {
  if (field === 'map') return 'text';
  if (typeof field === 'string') return undefined;
  if ('values' in field) return { record: field.values };
  const fields = 'rows' in field ? field.rows : field.record;
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function begins(long: string, short: string): boolean {
  return long.toLowerCase().startsWith(short.toLowerCase());
}

/** A selector as it is written: a name that is no word in brackets. */
function spell(parts: readonly string[]): string {
  return parts
    .map((part, at) => (at === 0 || /^[a-zA-Z][\w/]*$/.test(part) ? `${at === 0 ? '' : '.'}${part}` : `["${part}"]`))
    .join('');
}
