import { isRecord } from '../core/is-record.js';

const REFERENCE = { $ref: '#/definitions/reference' };

/** What stands for a variable, as JSON Schema. */
export const REFERENCE_SCHEMA = {
  description: 'The value of a variable: ${var.name}, alone or within a text',
  type: 'string',
  pattern: String.raw`\$\{\s*var\.[A-Za-z_]\w*\s*\}`,
};

/** A JSON Schema in which a text that names a variable may stand wherever a plain value may. */
export function allowReferences(schema: object): object {
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inside(value)]));
  if (isNarrow(schema)) {
    const { description, title, default: usual, ...own } = inner;
    const about = Object.entries({ title, description, default: usual }).filter(([, value]) => value !== undefined);
    return { ...Object.fromEntries(about), anyOf: [own, REFERENCE] };
  }
  const options = (schema as { anyOf?: readonly unknown[] }).anyOf;
  if (!Array.isArray(options) || !options.some(isNarrow)) return inner;
  return { ...inner, anyOf: [...options.map((one) => (isNarrow(one) ? one : inside(one))), REFERENCE] };
}

function inside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inside);
  return isRecord(value) ? allowReferences(value) : value;
}

/** Whether a schema is of a plain value that a text with a variable in it would not fit. */
function isNarrow(schema: unknown): boolean {
  if (!isRecord(schema) || schema.const !== undefined) return false;
  const { type } = schema;
  if (type === 'number' || type === 'integer' || type === 'boolean') return true;
  return type === 'string' && (schema.pattern !== undefined || schema.enum !== undefined);
}
