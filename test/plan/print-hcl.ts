type Record_ = Readonly<Record<string, unknown>>;

const BLOCKS: Readonly<Record<string, string>> = {
  subsets: 'subset',
  legs: 'leg',
  steps: 'step',
  signals: 'signal',
  checks: 'check',
  hooks: 'hook',
  notify: 'notify',
};

/** A plan, given as YAML would hold it, in HCL. */
export function printHcl({ service, ...plan }: Record_): string {
  return `rollout ${quote(String(service))} {\n${printBody(plan)}}\n`;
}

function printBody(body: Record_): string {
  return Object.entries(body)
    .map(([key, value]) => printEntry(key, value))
    .join('');
}

function printEntry(key: string, value: unknown): string {
  const block = BLOCKS[key];
  if (block !== undefined && Array.isArray(value)) return (value as Record_[]).map((item) => printItem(block, item)).join('');
  if (block !== undefined) {
    return Object.entries(value as Record_)
      .map(([name, item]) => `${block} ${quote(name)} {\n${printBody(item as Record_)}}\n`)
      .join('');
  }
  if (isRecord(value)) return `${key} {\n${printBody(value)}}\n`;
  return `${key} = ${printValue(value)}\n`;
}

function printItem(block: string, { name, ...item }: Record_): string {
  return `${block}${name === undefined ? '' : ` ${quote(String(name))}`} {\n${printBody(item)}}\n`;
}

function printValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printValue).join(', ')}]`;
  return typeof value === 'string' ? quote(value) : String(value);
}

function isRecord(value: unknown): value is Record_ {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function quote(text: string): string {
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: HCL writes them as escapes
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/([$%])\{/g, '$1$1{');
  return `"${escaped}"`;
}
