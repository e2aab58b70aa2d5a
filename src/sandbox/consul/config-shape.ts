import { formatNanoseconds, parseNanoseconds } from './duration.js';
import type { Json, JsonObject } from './records.js';

/** The form of a value in a config entry. `any` is kept as it is. */
export type Shape =
  | 'string'
  | 'number'
  | 'integer'
  | 'boolean'
  | 'duration'
  | 'any'
  | { readonly list: Shape }
  | { readonly map: Shape }
  | { readonly fields: Readonly<Record<string, Field>> };

/** A field: its shape, or `[shape, whenAbsent]` for one that Consul answers even when it was not given. */
export type Field = Shape | readonly [Shape, Json];

/** What decoding found wrong: keys that do not exist, and values of a wrong type. */
export interface Findings {
  readonly unknown: string[];
  readonly wrong: string[];
}

const IGNORED = new Set(['createindex', 'modifyindex', 'hash', 'raftindex', 'enterprisemeta']);

/**
 * The canonical form of an entry's body: keys in Consul's spelling (any letter case and snake_case are taken), weakly typed values
 * converted, empty ones left out. What does not fit is added to `findings`.
 */
export function decode(shape: Shape, value: Json, path: string, findings: Findings): Json | undefined {
  if (value === null) return undefined;
  if (typeof shape === 'string') return decodeScalar(shape, value, path, findings);
  if ('list' in shape) return decodeList(shape.list, value, path, findings);
  const single = Array.isArray(value) && value.length === 1 ? (value[0] as Json) : value;
  if (typeof single !== 'object' || single === null || Array.isArray(single)) {
    findings.wrong.push(`'${path}' expected a map or struct, got "${goKind(value)}"`);
    return undefined;
  }
  if ('map' in shape) return decodeMap(shape.map, single, path, findings);
  return decodeFields(shape.fields, single, path, findings);
}

function decodeList(item: Shape, value: Json, path: string, findings: Findings): Json | undefined {
  const items = Array.isArray(value) ? value : [value];
  return items.map((each, i) => decode(item, each, `${path}[${i}]`, findings) ?? zero(item));
}

function decodeMap(item: Shape, value: JsonObject, path: string, findings: Findings): Json | undefined {
  const names = Object.keys(value).sort();
  if (names.length === 0) return undefined;
  return Object.fromEntries(
    names.map((name) => [name, decode(item, value[name] as Json, `${path}[${name}]`, findings) ?? zero(item)]),
  );
}

function decodeFields(fields: Readonly<Record<string, Field>>, value: JsonObject, path: string, findings: Findings): JsonObject {
  const inside = path === '' ? '' : `${path}.`;
  const byName = new Map(Object.keys(fields).map((name) => [name.toLowerCase(), name]));
  const given = new Map<string, Json>();
  const strange: string[] = [];
  for (const key of Object.keys(value).sort()) {
    const name = byName.get(key.toLowerCase()) ?? byName.get(key.toLowerCase().replaceAll('_', ''));
    if (name === undefined) {
      if (path !== '' || !IGNORED.has(key.toLowerCase())) strange.push(`${inside}${key}`);
    } else if (key === name || !given.has(name)) given.set(name, value[key] as Json);
  }
  const decoded: JsonObject = {};
  for (const [name, field] of Object.entries(fields)) {
    const [shape, fallback] = isPair(field) ? field : [field, undefined];
    const raw = given.get(name);
    const result = raw === undefined ? undefined : decode(shape, raw, `${inside}${name}`, findings);
    const kept = result !== undefined && !(fallback === undefined && isEmpty(result)) ? result : fallback;
    if (kept !== undefined) decoded[name] = kept;
  }
  findings.unknown.push(...strange);
  return decoded;
}

function decodeScalar(shape: Shape & string, value: Json, path: string, findings: Findings): Json | undefined {
  if (shape === 'any') return value;
  if (typeof value === 'object' && value !== null) {
    findings.wrong.push(`'${path}' expected type '${goType(shape)}', got unconvertible type '${goType(value)}'`);
    return undefined;
  }
  if (shape === 'string') return typeof value === 'boolean' ? (value ? '1' : '0') : String(value);
  if (shape === 'boolean') return value === true || value === 'true' || value === '1' || value === 1;
  if (shape === 'duration') return decodeDuration(value, path, findings);
  const number = typeof value === 'string' && value.trim() === '' ? Number.NaN : Number(value);
  if (!Number.isNaN(number)) return shape === 'integer' ? Math.trunc(number) : number;
  const [type, parser] = shape === 'integer' ? ['int', 'ParseInt'] : ['float32', 'ParseFloat'];
  findings.wrong.push(`'${path}' cannot parse value as '${type}': strconv.${parser}: invalid syntax`);
  return undefined;
}

function decodeDuration(value: Json, path: string, findings: Findings): Json | undefined {
  const nanoseconds = typeof value === 'number' ? value : parseNanoseconds(String(value));
  if (nanoseconds === undefined) findings.wrong.push(`'${path}' time: invalid duration`);
  return nanoseconds === undefined || nanoseconds === 0 ? undefined : formatNanoseconds(nanoseconds);
}

function isPair(field: Field): field is readonly [Shape, Json] {
  return Array.isArray(field);
}

function isEmpty(value: Json): boolean {
  return value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);
}

function zero(shape: Shape): Json {
  if (shape === 'string' || shape === 'duration') return '';
  return shape === 'number' || shape === 'integer' ? 0 : shape === 'boolean' ? false : {};
}

function goKind(value: Json): string {
  if (Array.isArray(value)) return 'slice';
  return typeof value === 'number' ? 'float64' : typeof value === 'boolean' ? 'bool' : typeof value;
}

function goType(value: Json): string {
  if (value === 'number') return 'float32';
  if (value === 'integer') return 'int';
  if (value === 'boolean') return 'bool';
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}';
}
