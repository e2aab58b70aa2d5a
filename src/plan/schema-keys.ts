import type { z } from 'zod';
import type { Path } from './node.js';
import { planSchema, STEP_SCHEMAS } from './schema.js';

type AnySchema = z.core.$ZodType;

/** The keys that the schema (default: of a plan) knows at a path; `value` is the whole document, which says which kind of step or signal stands there. */
export function keysAt(path: Path, value: unknown, root: AnySchema = planSchema): readonly string[] {
  const { schema, here } = schemaAt(path, value, root);
  const found = narrow(schema, here);
  return found === undefined ? [] : Object.keys(shapeOf(found));
}

/** Which of the plain kinds of value the schema of a plan takes at a path. */
export function kindsAt(path: Path, value: unknown): ReadonlySet<'string' | 'number' | 'boolean'> {
  return new Set(kindsOf(schemaAt(path, value, planSchema).schema));
}

function kindsOf(schema: AnySchema | undefined): readonly ('string' | 'number' | 'boolean')[] {
  if (schema === undefined) return [];
  const { type, innerType, options, values } = define(schema);
  if (innerType !== undefined) return kindsOf(innerType);
  if (options !== undefined) return options.flatMap(kindsOf);
  if (type === 'enum') return ['string'];
  if (type === 'literal') return (values ?? []).flatMap((one) => kindNamed(typeof one));
  return kindNamed(type);
}

function kindNamed(name: string): readonly ('string' | 'number' | 'boolean')[] {
  return name === 'string' || name === 'number' || name === 'boolean' ? [name] : [];
}

function schemaAt(
  path: Path,
  value: unknown,
  root: AnySchema,
): { readonly schema: AnySchema | undefined; readonly here: unknown } {
  let schema: AnySchema | undefined = root;
  let here = value;
  for (const step of path) {
    schema = inside(narrow(schema, here), step);
    here = typeof here === 'object' && here !== null ? (here as Record<string | number, unknown>)[step] : undefined;
  }
  return { schema, here };
}

/** The one kind of step that a value is, by its keys; `undefined` when it has none or several. */
export function stepKind(value: unknown): keyof typeof STEP_SCHEMAS | undefined {
  const kinds = stepKinds(value);
  return kinds.length === 1 ? kinds[0] : undefined;
}

/** All the kinds of step that the keys of a value name. */
export function stepKinds(value: unknown): readonly (keyof typeof STEP_SCHEMAS)[] {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  return keys.filter((key): key is keyof typeof STEP_SCHEMAS => Object.hasOwn(STEP_SCHEMAS, key));
}

interface Definition {
  readonly type: string;
  readonly innerType?: AnySchema;
  readonly shape?: Record<string, AnySchema>;
  readonly valueType?: AnySchema;
  readonly element?: AnySchema;
  readonly options?: readonly AnySchema[];
  readonly values?: readonly unknown[];
  readonly discriminator?: string;
}

function define(schema: AnySchema): Definition {
  return schema._zod.def as unknown as Definition;
}

function shapeOf(schema: AnySchema): Record<string, AnySchema> {
  return define(schema).shape ?? {};
}

function inside(schema: AnySchema | undefined, step: string | number): AnySchema | undefined {
  if (schema === undefined) return undefined;
  const { shape, valueType, element } = define(schema);
  return shape === undefined ? (valueType ?? element) : shape[step];
}

/** The schema without its wrappers, and of a union the option that the value is meant to be. */
function narrow(schema: AnySchema | undefined, value: unknown): AnySchema | undefined {
  if (schema === undefined) return undefined;
  const { innerType, options, discriminator } = define(schema);
  if (innerType !== undefined) return narrow(innerType, value);
  if (options === undefined) return schema;
  if (discriminator === undefined) {
    const kind = stepKind(value);
    return (
      options.find((option) => option === (kind && STEP_SCHEMAS[kind])) ??
      options.find((option) => define(option).type === (Array.isArray(value) ? 'array' : 'object'))
    );
  }
  const tag = (value as Record<string, unknown> | undefined)?.[discriminator];
  return options.find((option) => option._zod.propValues?.[discriminator]?.has(tag as string));
}
