/** Something wrong (or doubtful) in a plan file, at a place a person can go to. Lines and columns count from 1; `length` is for the caret. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length?: number;
  /** What is wrong: one sentence without a full stop. */
  readonly message: string;
  /** What to write instead. */
  readonly hint?: string;
  /** Where in the plan, by its YAML names: `['steps', 0, 'weight']`. */
  readonly path: readonly (string | number)[];
}

const WIDEST = 160;

/** A diagnostic for a terminal: the message, `file:line:column`, the source line with a caret (when the text is given), and what to write instead. */
export function renderDiagnostic(diagnostic: Diagnostic, sourceText?: string): string {
  const { severity, file, line, column, message, hint } = diagnostic;
  const lines = [
    severity === 'error' ? `Error: ${message} [plan-invalid]` : `Warning: ${message}`,
    `  ${file}:${line}:${column}`,
  ];
  const source = sourceText?.split(/\r?\n/)[line - 1];
  if (source !== undefined && source.trim() !== '') lines.push(...point(source, line, column, diagnostic.length ?? 1));
  if (hint !== undefined) lines.push(`  -> ${hint}`);
  return lines.map((text) => withoutPassword(withoutControls(text))).join('\n');
}

function point(source: string, line: number, column: number, length: number): string[] {
  const from = column > WIDEST - 20 ? column - 40 : 0;
  const shown = source.slice(from, from + WIDEST);
  const before = shown.slice(0, column - 1 - from).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(length, shown.length - before.length)));
  const gutter = String(line);
  return [`    ${gutter} | ${shown}`, `    ${' '.repeat(gutter.length)} | ${before}${carets}`];
}

function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a plan must not be able to send escape codes to a terminal
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g, '\ufffd');
}

function withoutPassword(text: string): string {
  return text.replace(/(?<=:\/\/)[^/\s@"']+(?=@)/g, (secret) => '*'.repeat(secret.length));
}
