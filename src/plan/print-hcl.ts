import { isRecord } from '../core/is-record.js';

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;
const ESCAPES: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text in quotes that Consul's HCL 1 and our HCL 2 read as the same: what would begin a template is spelled by its number. */
export function quoteHcl(text: string): string {
  const escaped = text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: HCL writes them as escapes
    /["\\\u0000-\u001f\u007f-\u009f\u2028\u2029\ufeff]|[$%](?=\{)/g,
    (sign) => ESCAPES[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

/** A value as HCL writes it after `=`, over several lines where it holds maps; `indent` is that of the line where it begins. */
export function printHclValue(value: unknown, indent = ''): string {
  if (Array.isArray(value)) return printList(value, indent);
  if (isRecord(value)) {
    const lines = Object.entries(value).map(
      ([key, item]) => `${indent}  ${hclKey(key)} = ${printHclValue(item, `${indent}  `)}\n`,
    );
    return lines.length === 0 ? '{}' : `{\n${lines.join('')}${indent}}`;
  }
  return typeof value === 'string' ? quoteHcl(value) : String(value);
}

/** A key of a map: bare where both forms of HCL take it so. */
export function hclKey(key: string): string {
  return WORD.test(key) ? key : quoteHcl(key);
}

function printList(items: readonly unknown[], indent: string): string {
  if (!items.some(isRecord)) return `[${items.map((item) => printHclValue(item, indent)).join(', ')}]`;
  const lines = items.map((item) => `${indent}  ${printHclValue(item, `${indent}  `)},\n`);
  return `[\n${lines.join('')}${indent}]`;
}
