import { type Entry, withoutServerFields } from './entries.js';
import { isRecord } from './is-record.js';
import { META_PREFIX } from './record.js';

/** One field that a write changes; `before` or `after` is absent where the field is. Values as JSON. */
export interface FieldChange {
  readonly path: string;
  readonly before?: string;
  readonly after?: string;
}

/** What a write changes in an entry, field by field, in the order of the paths. Splitter's own record in Meta is left out. */
export function diffEntries(before: Entry | undefined, after: Entry): readonly FieldChange[] {
  const [old, fresh] = [flatten(before === undefined ? {} : withoutServerFields(before)), flatten(after)];
  const paths = [...new Set([...old.keys(), ...fresh.keys()])].filter((path) => !path.startsWith(`Meta.${META_PREFIX}`));
  return paths.flatMap((path) => {
    const [was, is] = [old.get(path), fresh.get(path)];
    if (was === is) return [];
    return [{ path, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) }];
  });
}

function flatten(entry: Entry): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) for (const [i, item] of value.entries()) visit(item, `${path}[${labelOf(item) ?? i}]`);
    else if (isRecord(value)) for (const [key, item] of Object.entries(value)) visit(item, path === '' ? key : `${path}.${key}`);
    else fields.set(path, JSON.stringify(value));
  };
  visit(entry, '');
  return fields;
}

/** A split is known by its subset, so that a diff compares like with like. */
function labelOf(item: unknown): string | undefined {
  return isRecord(item) && typeof item.ServiceSubset === 'string' ? item.ServiceSubset : undefined;
}
