/** A text as HCL means it, or why it is none; `offset` counts from its first character. */
type HclText = { readonly value: string } | { readonly offset: number; readonly message: string };

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const ESCAPE = /\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[\s\S]?)|\$\$\{|%%\{/g;

/** Decodes what stands between the quotes of an HCL string: backslash escapes, and `$${` and `%%{` for a plain `${` and `%{`. */
export function decodeQuoted(raw: string): HclText {
  let wrong: { offset: number; message: string } | undefined;
  const value = raw.replace(ESCAPE, (all: string, code: string | undefined, offset: number) => {
    if (code === undefined) return all.slice(1);
    const point = code.length > 1 ? Number.parseInt(code.slice(1), 16) : undefined;
    const decoded = point === undefined ? SIMPLE[code] : point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
    if (decoded === undefined) wrong ??= { offset, message: `"${all}" is no escape of HCL` };
    return decoded ?? '';
  });
  return wrong ?? { value };
}

/** The text of a heredoc from the lines between its markers; `indented` (`<<-`) takes away the indentation that all lines share. */
export function decodeHeredoc(lines: readonly string[], indented: boolean): string {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.length - line.trimStart().length);
  const shared = indented && indents.length > 0 ? Math.min(...indents) : 0;
  return lines
    .map((line) => `${line.slice(shared).replace(/\r$/, '')}\n`.replace(/\$\$\{|%%\{/g, (all) => all.slice(1)))
    .join('');
}
