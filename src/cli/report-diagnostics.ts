import { readFile } from 'node:fs/promises';
import { type Diagnostic, renderDiagnostic } from '../plan/diagnostic.js';
import type { Io } from './io.js';

/** Prints diagnostics with their source lines; true when there is an error among them. */
export async function reportDiagnostics(io: Io, diagnostics: readonly Diagnostic[]): Promise<boolean> {
  const texts = new Map<string, string | undefined>();
  for (const diagnostic of diagnostics) {
    if (!texts.has(diagnostic.file)) texts.set(diagnostic.file, await readFile(diagnostic.file, 'utf8').catch(() => undefined));
    io.err(`${renderDiagnostic(diagnostic, texts.get(diagnostic.file))}\n`);
  }
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}
