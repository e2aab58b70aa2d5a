/** A part of a JSON Schema, as far as pages tell of it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** The reference of the plan, in Markdown, from its JSON Schema: a table for each map in it. */
export function planReference(schema: object): string {
  return [
    '<!-- Made by npm run docs from the schema of the plan; change the schema instead. -->',
    '',
    '# Plan reference',
    '',
    'A plan is YAML, JSON or HCL; all say the same. In HCL a plan is `rollout "service" { … }`, and `subset`, `leg`, `step`,',
    '`signal`, `check`, `hook`, `notify`, `window`, `freeze` and `variable` are blocks. `${var.name}` may stand for any value, or within one',
    '(docs/variables.md). `splitter schema` prints the schema itself, for editors.',
    '',
    ...section('The plan', schema as Schema, 2),
  ].join('\n');
}

function section(title: string, schema: Schema, level: number): readonly string[] {
  const fields = Object.entries(schema.properties ?? {}).filter(([key]) => key !== '$schema');
  const rows = fields.map(([key, field]) => {
    const needed = schema.required?.includes(key) === true && field.const === undefined ? ' **(required)**' : '';
    return `| \`${key}\` | ${typeOf(field)} | ${usual(field)} | ${cell(field.description ?? '')}${needed} |`;
  });
  return [
    `${'#'.repeat(Math.min(level, 6))} ${title}`,
    '',
    ...(schema.description === undefined || level === 2 ? [] : [`${schema.description}.`, '']),
    ...(rows.length === 0 ? [] : ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows, '']),
    ...fields.flatMap(([key, field]) => inner(level === 2 ? key : `${title}.${key}`, field, level + 1)),
  ];
}

/** Sections for the maps that stand below a key: its own, that of its items, of its values, or one for each kind of them. */
function inner(path: string, schema: Schema, level: number): readonly string[] {
  if (schema.properties !== undefined) return Object.keys(schema.properties).length === 0 ? [] : section(path, schema, level);
  if (schema.items !== undefined) return inner(`${path}[]`, schema.items, level);
  if (typeof schema.additionalProperties === 'object') return inner(`${path}.NAME`, schema.additionalProperties, level);
  return (schema.anyOf ?? schema.oneOf ?? []).flatMap((one) => {
    const source = one.properties?.source?.const;
    const [only] = Object.entries(one.properties ?? {});
    const single = Object.keys(one.properties ?? {}).length === 1 && only !== undefined && /^steps/.test(path);
    return single
      ? step(path, only[0], only[1], level)
      : inner(source === undefined ? path : `${path} (source: ${String(source)})`, one, level);
  });
}

/** A step is a map of one key, which names its kind: told as one section by that name. */
function step(path: string, key: string, schema: Schema, level: number): readonly string[] {
  const below = inner(`${path}.${key}`, schema, level);
  if (below.length > 0) return below;
  return [`${'#'.repeat(level)} ${path}.${key}`, '', `${schema.description ?? ''}. A value is ${typeOf(schema)}.`, ''];
}

function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${String(one)}\``).join(', ');
  const options = schema.anyOf ?? schema.oneOf;
  // A variable may stand anywhere, which is said once.
  if (options !== undefined) return [...new Set(options.filter(({ $ref }) => $ref === undefined).map(typeOf))].join(' or ');
  if (schema.items !== undefined) return `list of ${typeOf(schema.items)}`;
  if (schema.type === 'string' && schema.pattern?.includes('ms|s|m|h|d') === true) return 'duration';
  if (schema.type === 'string' && schema.pattern?.endsWith('%?$') === true) return 'percentage';
  const types = [schema.type ?? 'anything'].flat();
  return types.map((type) => TYPES[type] ?? type).join(' or ');
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  object: 'map',
  boolean: 'true or false',
  integer: 'whole number',
};

function usual({ default: value }: Schema): string {
  if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) return '';
  return cell(`\`${typeof value === 'string' ? value : JSON.stringify(value)}\``);
}

function cell(text: string): string {
  return text.replace(/\|/g, '\\|');
}
