type Json = Readonly<Record<string, unknown>>;

/** What is wrong with a value by a JSON Schema of the kinds that zod writes; keys that the schema does not know are wrong, too. */
export function findFaults(value: unknown, schema: Json, path = '$'): readonly string[] {
  const any = (schema.anyOf ?? schema.oneOf) as readonly Json[] | undefined;
  if (any !== undefined)
    return any.some((one) => findFaults(value, one, path).length === 0) ? [] : [`${path} fits none of its kinds`];
  if (Array.isArray(schema.type))
    return findFaults(value, { ...schema, type: undefined, anyOf: schema.type.map((type) => ({ ...schema, type })) }, path);
  if (Array.isArray(schema.enum) && !schema.enum.includes(value)) return [`${path} is ${JSON.stringify(value)}`];
  switch (schema.type) {
    case 'object':
      return isObject(value) ? objectFaults(value, schema, path) : [`${path} is no object`];
    case 'array':
      if (!Array.isArray(value)) return [`${path} is no array`];
      return value.flatMap((one, i) => findFaults(one, schema.items as Json, `${path}[${i}]`));
    case 'null':
      return value === null ? [] : [`${path} is not null`];
    case undefined:
      return [];
    default:
      return typeof value === (schema.type === 'integer' ? 'number' : schema.type)
        ? []
        : [`${path} is no ${String(schema.type)}`];
  }
}

function objectFaults(value: Json, schema: Json, path: string): readonly string[] {
  const properties = (schema.properties ?? {}) as Readonly<Record<string, Json>>;
  const more = schema.additionalProperties;
  const missing = ((schema.required ?? []) as readonly string[])
    .filter((key) => !(key in value))
    .map((key) => `${path}.${key} is missing`);
  const own = Object.entries(value).flatMap(([key, inner]) => {
    const known = properties[key] ?? (isObject(more) ? more : undefined);
    return known === undefined ? [`${path}.${key} is not described`] : findFaults(inner, known, `${path}.${key}`);
  });
  return [...missing, ...own];
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
